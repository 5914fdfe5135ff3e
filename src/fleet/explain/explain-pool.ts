/** Why a pool has the size it has, from what is recorded. Pure. */
import type { PoolExplanation } from '../../protocol/dashboard/index.ts';
import { counted, type Reason } from '../autoscaling/reason.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import type { HorizontalRunnerAutoscaler } from '../resources/horizontal-runner-autoscaler.ts';
import type { EventObject } from '../store/event-recorder.ts';
import { poolProblems } from './pool-problems.ts';

export interface PoolRunner {
  name: string;
  state: 'idle' | 'busy' | 'starting' | 'leaving';
  /** Epoch ms. */
  createdAtMs: number;
}

export interface PoolFacts {
  kind: PoolExplanation['kind'];
  namespace: string;
  name: string;
  desired: number;
  min?: number;
  max?: number;
  runners: readonly PoolRunner[];
  autoscaler?: HorizontalRunnerAutoscaler;
  /** Of a scale set, whose rule is its own. */
  ownReasons?: readonly Reason[];
  /** Jobs that its runners could take. */
  jobs: readonly DemandedJob[];
  /** About the pool and all that belongs to it. */
  events: readonly EventObject[];
  /** Names of pools whose runners take the same jobs. */
  twins: readonly string[];
}

const SHOWN_EVENTS = 10;

export function explainPool(facts: PoolFacts, nowMs: number): PoolExplanation {
  const { kind, namespace, name, desired, min, max, runners, autoscaler } = facts;
  const count = (state: PoolRunner['state']): number => runners.filter((runner) => runner.state === state).length;
  return {
    kind,
    namespace,
    name,
    desired,
    current: runners.length,
    idle: count('idle'),
    busy: count('busy'),
    starting: count('starting'),
    leaving: count('leaving'),
    min: min ?? null,
    max: max ?? null,
    rule: ruleOf(facts),
    reasons: reasonsOf(facts),
    next: (autoscaler?.status?.nextChanges ?? []).map(({ time, what, desiredReplicas }) => ({
      at: time,
      what,
      desired: desiredReplicas ?? null,
    })),
    problems: poolProblems(facts, nowMs),
    events: withoutRepeats(newestFirst(facts.events))
      .slice(0, SHOWN_EVENTS)
      .map(({ lastTimestamp, type, reason, message, count: times }) => ({
        at: lastTimestamp,
        type,
        reason,
        message,
        count: times,
      })),
  };
}

const newestFirst = (events: readonly EventObject[]): EventObject[] =>
  events.toSorted((a, b) => Date.parse(b.lastTimestamp) - Date.parse(a.lastTimestamp));

/** The same is told of several objects, so that each one's `describe` shows it. */
function withoutRepeats(events: readonly EventObject[]): EventObject[] {
  const told = new Set<string>();
  return events.filter(({ reason, message }) => {
    const text = `${reason} ${message}`;
    return !told.has(text) && told.add(text);
  });
}

function ruleOf({ kind, name, autoscaler }: PoolFacts): string {
  if (kind === 'AutoscalingRunnerSet') return 'The scale set has a runner for each job that is assigned to it.';
  if (!autoscaler) return `The ${kind} ${name} says itself how many runners there are.`;
  return `The HorizontalRunnerAutoscaler ${autoscaler.metadata.name} decides, by ${policyText(autoscaler.spec)}.`;
}

function policyText({ metrics = [], scaleUpTriggers = [], scheduledOverrides = [] }: AutoscalerSpec): string {
  const parts: string[] = metrics.map(({ type }) => type);
  if (scaleUpTriggers.length > 0) parts.push('a reservation for each waiting job');
  if (parts.length === 0) parts.push('its minimum');
  if (scheduledOverrides.length > 0) parts.push(counted(scheduledOverrides.length, 'scheduled override'));
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

function reasonsOf({ kind, autoscaler, ownReasons, desired }: PoolFacts): Reason[] {
  if (ownReasons) return [...ownReasons];
  if (autoscaler) return autoscaler.status?.reasons ?? [];
  const text = `It asks for ${counted(desired, 'runner')}, and no autoscaler changes that.`;
  return kind === 'AutoscalingRunnerSet' ? [] : [{ code: 'fixed', text }];
}
