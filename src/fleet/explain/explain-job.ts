/** What the fleet knows of why a job has no runner yet: which pools could take it, and what keeps each from doing so. Pure. */
import { isoTime } from '../../common/clock.ts';
import type { FleetJobExplanation, PoolOfJob } from '../../protocol/dashboard/index.ts';
import { type RunnerScope, scopeName } from '../../protocol/github/runner-scope.ts';
import { type JobRequirement, mayTake, mismatches, type RunnerFacts } from '../../workflow/routing.ts';
import { usesDemand } from '../autoscaling/autoscale.ts';
import { runnerOfPool } from '../autoscaling/pool-jobs.ts';
import { counted } from '../autoscaling/reason.ts';
import type { JobFact } from '../demand/job-fact.ts';
import type { LifeTimes } from '../reconcilers/runner-times.ts';
import { countOf, type PoolFacts } from './explain-pool.ts';
import { type PoolProblem, poolProblems } from './pool-problems.ts';

export interface AskedJob {
  /** OWNER/NAME */
  repository: string;
  id: number;
  labels: string[];
  group?: string;
}

export interface JobFacts {
  job: AskedJob;
  /** What the fleet was told of it. */
  known?: JobFact;
  /** The runner that has it or was offered it, with its times as far as they are remembered. */
  runner?: { name: string; times: LifeTimes };
  /** All there are. */
  pools: readonly PoolFacts[];
}

/** What is wrong with a pool but does not keep it from taking a job. */
const HARMLESS = new Set([
  'same-labels',
  'observed-rarely',
  'second-autoscaler',
  'warning',
  'runner-ended',
  'runner-offline',
  'runner-unknown',
  'runner-name-taken',
]);

/** What is nothing wrong: the job's turn comes by itself. */
const UNDER_WAY = new Set(['starting', 'idle-runner', 'next-round']);

export function explainJobAtFleet(facts: JobFacts, nowMs: number): FleetJobExplanation {
  const { job, known, pools } = facts;
  const able = pools.filter((pool) => mayTake(requirementOf(job), runnerOf(pool)));
  const verdicts = able.map((pool) => ({ pool, verdict: verdictOf(pool, facts, nowMs) }));
  const ordered = verdicts.toSorted((a, b) => Number(isWaiting(a.verdict)) - Number(isWaiting(b.verdict)));
  const isTaken = known?.status === 'in_progress' || known?.status === 'completed';
  const cause = isTaken ? undefined : (ordered[0]?.verdict ?? nobodyFits(facts));
  return {
    known: known?.heard
      ? { status: known.status, by: known.heard.by, at: isoTime(known.heard.atMs), runner: known.runnerName ?? null }
      : null,
    cause: cause ?? null,
    pools: ordered.map(({ pool, verdict }) => poolOfJob(pool, verdict)),
    history: historyOf(facts, able),
  };
}

const isWaiting = ({ code }: PoolProblem): boolean => !UNDER_WAY.has(code);

const poolOfJob = ({ kind, namespace, name }: PoolFacts, { code, text }: PoolProblem): PoolOfJob => ({
  ...{ kind, namespace, name, code, text },
});

/** What stands between the job and a runner of a pool that could take it. */
function verdictOf(pool: PoolFacts, facts: JobFacts, nowMs: number): PoolProblem {
  const { name, runners } = pool;
  const idle = countOf(pool, 'idle');
  if (idle > 0) {
    const text = `${counted(idle, 'runner')} of ${name} ${idle === 1 ? 'is' : 'are'} idle: the server decides who gets the job.`;
    return { code: 'idle-runner', text };
  }
  const queued = Math.max(1, pool.queued);
  const problem = poolProblems({ ...pool, queued }, nowMs).find(({ code }) => !HARMLESS.has(code));
  if (problem && problem.code !== 'demand-unread') return problem;
  const starting = runners.filter(({ state, isOffline }) => state === 'starting' && !isOffline);
  const [first] = starting;
  if (first) {
    const seconds = Math.max(0, Math.round((nowMs - first.createdAtMs) / 1_000));
    const others = starting.length > 1 ? `, and ${starting.length - 1} more` : '';
    return { code: 'starting', text: `${first.name} has been starting for ${seconds} s${others}.` };
  }
  return problem ?? undecided(pool, facts);
}

/** Nothing is wrong, and yet nothing is started for the job. */
function undecided(pool: PoolFacts, { job, known }: JobFacts): PoolProblem {
  const { name, autoscaler, desired, comparedAtMs } = pool;
  const spec = autoscaler?.spec;
  if (spec && usesDemand(spec) && !known) {
    const since =
      comparedAtMs === undefined ? 'and its jobs were never compared' : `last compared ${isoTime(comparedAtMs)}`;
    const text = `The fleet was not told of job ${job.id}: no webhook arrived, ${since}.`;
    return { code: 'not-told', text };
  }
  if (known?.status === 'waiting') {
    return { code: 'not-queued', text: 'The job waits for a gate at its server, so nothing is started for it yet.' };
  }
  const names = spec?.metrics?.flatMap(({ repositoryNames = [] }) => repositoryNames) ?? [];
  const [, repository = ''] = job.repository.split('/');
  if (names.length > 0 && !names.some((one) => one.toLowerCase() === repository.toLowerCase())) {
    const text = `The autoscaler of ${name} counts only jobs of ${names.join(', ')}.`;
    return { code: 'repository-not-counted', text };
  }
  const [next] = autoscaler?.status?.nextChanges ?? [];
  if (next) {
    const text = `${counted(desired, 'runner')} of ${name} ${desired === 1 ? 'is' : 'are'} wanted; next comes ${next.what} at ${next.time}.`;
    return { code: 'next-round', text };
  }
  if (pool.kind === 'AutoscalingRunnerSet') {
    return { code: 'not-assigned', text: `The server has not assigned the job to the scale set ${name}.` };
  }
  return { code: 'all-busy', text: `All ${counted(runnersOf(pool), 'runner')} of ${name} have a job.` };
}

const runnersOf = ({ runners }: PoolFacts): number => runners.length;

/** Why none of the pools could ever take it. */
function nobodyFits({ job, pools }: JobFacts): PoolProblem {
  if (pools.length === 0) return { code: 'no-pool', text: 'The fleet has no pool of runners.' };
  const requirement = requirementOf(job);
  const lacking = pools.map((pool) => ({ pool, found: mismatches(requirement, runnerOf(pool)) }));
  const inScope = lacking.filter(({ found }) => !found.some(({ kind }) => kind === 'out-of-scope'));
  if (inScope.length === 0) {
    const places = [...new Set(pools.map(({ scope }) => (scope ? scopeName(scope) : 'nobody')))];
    const text = `No pool serves ${job.repository}: ${pools.length === 1 ? 'it serves' : 'they serve'} ${places.join(', ')}.`;
    return { code: 'no-pool-serves', text };
  }
  const missing = ({ found }: (typeof lacking)[number]): string[] =>
    found.flatMap((one) => (one.kind === 'missing-labels' ? one.labels : []));
  const [nearest] = inScope.toSorted((a, b) => missing(a).length - missing(b).length);
  const lacks = nearest ? missing(nearest) : [];
  if (lacks.length === 0) {
    const text = `No pool is in the group ${job.group}; ${nearest?.pool.name} has all labels.`;
    return { code: 'no-pool-in-group', text };
  }
  const known = new Set(inScope.flatMap(({ pool }) => pool.labels.map((label) => label.toLowerCase())));
  const unknown = lacks.filter((label) => !known.has(label.toLowerCase()));
  const what = unknown.length > 0 ? unknown : lacks;
  const text = `No pool has the label ${what.join(', ')}; the nearest is ${nearest?.pool.name}, which lacks ${lacks.join(', ')}.`;
  return { code: 'no-pool-has-label', text };
}

/** The fleet's part of the way, oldest first. */
function historyOf({ job, known, runner }: JobFacts, able: readonly PoolFacts[]): FleetJobExplanation['history'] {
  const moments: { atMs: number; text: string }[] = [];
  if (known?.heard)
    moments.push({ atMs: known.heard.atMs, text: `The fleet was told of job ${job.id} ${HEARD[known.heard.by]}.` });
  const fromMs = known?.queuedAtMs ?? Number.POSITIVE_INFINITY;
  for (const { name, events } of able) {
    for (const { reason, message, lastTimestamp } of events) {
      const atMs = Date.parse(lastTimestamp);
      // Events have whole seconds.
      if (reason === 'SuccessfulRescale' && atMs + 1_000 > fromMs) moments.push({ atMs, text: `${name}: ${message}` });
    }
  }
  if (runner) moments.push(...lifeOf(runner));
  const seen = new Set<string>();
  return moments
    .filter(({ text }) => !seen.has(text) && seen.add(text))
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, text }) => ({ at: isoTime(atMs), text }));
}

const HEARD = { webhook: 'by a webhook', session: 'by its server', comparison: 'by comparing with the server' };

function lifeOf({ name, times }: NonNullable<JobFacts['runner']>): { atMs: number; text: string }[] {
  const told = [
    [times.asked, `The backend was asked to start ${name}.`],
    [times.started, `${name} was started.`],
    [times.online, `${name} was seen online.`],
  ] as const;
  return told.flatMap(([atMs, text]) => (atMs === undefined ? [] : [{ atMs, text }]));
}

function requirementOf({ repository, labels, group }: AskedJob): JobRequirement {
  const [owner = '', name = ''] = repository.split('/');
  const workflow = { repository, path: '', ref: '' };
  return { labels, group: group ?? null, repository: { owner, name }, environment: null, ref: '', workflow };
}

const NOWHERE: RunnerScope = { kind: 'repository', owner: '', name: '' };

const runnerOf = ({ scope = NOWHERE, group, labels }: PoolFacts): RunnerFacts =>
  runnerOfPool({ scope, group, labels: [...labels] });
