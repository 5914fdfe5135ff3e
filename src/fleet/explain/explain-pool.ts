/** Why a pool has the size it has, from what is recorded. Pure. */
import { isoTime } from '../../common/clock.ts';
import type { Pool, PoolExplanation, PoolOverride } from '../../protocol/dashboard/index.ts';
import { type RunnerScope, scopeName } from '../../protocol/github/runner-scope.ts';
import { counted, type Reason } from '../autoscaling/reason.ts';
import { scheduleAt } from '../autoscaling/schedule.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { Loss } from '../reconcilers/lost-runners.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import type { HorizontalRunnerAutoscaler } from '../resources/horizontal-runner-autoscaler.ts';
import type { EventObject } from '../store/event-recorder.ts';
import { poolProblems } from './pool-problems.ts';
import type { PoolTrouble } from './trouble-problems.ts';

export interface PoolRunner {
  name: string;
  state: 'idle' | 'busy' | 'starting' | 'leaving';
  /** Epoch ms. */
  createdAtMs: number;
  /** When the backend was asked for it, and when it said that it runs; epoch ms, as far as is remembered. */
  askedMs?: number;
  startedMs?: number;
  /** The server has seen it online, and does so no more. */
  isOffline?: boolean;
  /** When it is given up because the server does not see it. */
  loss?: Loss;
}

export interface PoolFacts {
  kind: PoolExplanation['kind'];
  namespace: string;
  name: string;
  scope?: RunnerScope;
  labels: readonly string[];
  /** Of its runners; left out: the default one. */
  group?: string;
  desired: number;
  min?: number;
  max?: number;
  runners: readonly PoolRunner[];
  autoscaler?: HorizontalRunnerAutoscaler;
  /** Younger ones for the same pool, which decide nothing. */
  otherAutoscalers?: readonly string[];
  /** Of a scale set, whose rule is its own. */
  ownReasons?: readonly Reason[];
  /** Jobs that its runners could take. */
  jobs: readonly DemandedJob[];
  /** How many of them wait; of a scale set, whose jobs are not known one by one, those assigned to no runner yet. */
  queued: number;
  /** About the pool and all that belongs to it. */
  events: readonly EventObject[];
  /** Names of pools whose runners take the same jobs. */
  twins: readonly string[];
  /** What goes wrong now, worst first; undefined while nobody knows, then events tell. */
  troubles?: readonly PoolTrouble[];
  /** Why the server is asked about the runners more rarely than usual, as a sentence. */
  observedRarely?: string;
  /** Of a scale set: whether its listener has a session. */
  isListening?: boolean;
  /** Why the jobs of its scope could not be compared with the server's list. */
  demandProblem?: string;
  /** When they last were, epoch ms. */
  comparedAtMs?: number;
}

const SHOWN_EVENTS = 10;
const SHOWN_RUNNERS = 200;

export function explainPool(facts: PoolFacts, nowMs: number): PoolExplanation {
  return {
    ...summarizePool(facts, nowMs),
    reasons: reasonsOf(facts),
    schedule: scheduleOf(facts, nowMs),
    runners: facts.runners
      .slice(0, SHOWN_RUNNERS)
      .map(({ name, state, createdAtMs }) => ({ name, state, createdAt: isoTime(createdAtMs) })),
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

/** What a list of pools shows of one. */
export function summarizePool(facts: PoolFacts, nowMs: number): Pool {
  const { kind, namespace, name, scope, labels, desired, queued, runners, autoscaler } = facts;
  const { min, max } = boundsOf(facts, nowMs);
  const problems = poolProblems(facts, nowMs);
  return {
    ...{ kind, namespace, name, desired, queued },
    scope: scope ? { kind: scope.kind, name: scopeName(scope) } : null,
    labels: [...labels],
    current: runners.length,
    idle: countOf(facts, 'idle'),
    busy: countOf(facts, 'busy'),
    starting: countOf(facts, 'starting'),
    leaving: countOf(facts, 'leaving'),
    min: min ?? null,
    max: max ?? null,
    rule: ruleOf(facts),
    next: (autoscaler?.status?.nextChanges ?? []).map(({ time, what, desiredReplicas }) => ({
      at: time,
      what,
      desired: desiredReplicas ?? null,
    })),
    problems: problems.map(({ text }) => text),
    causes: problems.map(({ code }) => code),
  };
}

export const countOf = ({ runners }: PoolFacts, state: PoolRunner['state']): number =>
  runners.filter((runner) => runner.state === state).length;

/** In force now: a scheduled override may have changed what the spec says. */
function boundsOf({ min, max, autoscaler }: PoolFacts, nowMs: number): { min?: number; max?: number } {
  const overrides = autoscaler?.spec.scheduledOverrides ?? [];
  if (min === undefined || max === undefined || overrides.length === 0) return { min, max };
  return scheduleAt(overrides, { min, max }, nowMs).bounds;
}

function scheduleOf({ autoscaler }: PoolFacts, nowMs: number): PoolOverride[] {
  const { scheduledOverrides = [], minReplicas = 0, maxReplicas = 0 } = autoscaler?.spec ?? {};
  const { active } = scheduleAt(scheduledOverrides, { min: minReplicas, max: maxReplicas }, nowMs);
  return scheduledOverrides.map((override) => ({
    start: override.startTime,
    end: override.endTime,
    min: override.minReplicas ?? null,
    max: override.maxReplicas ?? null,
    repeats: override.recurrenceRule?.frequency || null,
    until: override.recurrenceRule?.untilTime ?? null,
    timeZone: override.timeZone ?? null,
    isActive: active?.override === override,
  }));
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
