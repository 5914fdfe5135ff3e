/** What another attempt of a run replaces, and what it keeps (SEM-29.1, 29.3). Pure. */
import type { JobRow } from '../../store/jobs.ts';
import { evaluateJobCondition, transitiveNeeds } from '../../workflow/index.ts';
import { conditionState, jobContexts } from './contexts.ts';
import type { Level, RunBundle } from './run-bundle.ts';

/** All jobs, those that failed, or the one with this id; each with everything that depends on it. */
export type RerunChoice = 'all' | 'failed' | number;

export interface RerunPlan {
  /** Rows that count no longer, with everything that they called. */
  replaced: JobRow[];
  /** What begins anew in their place. */
  fresh: FreshJob[];
  /** Calls of which only some jobs run again: their rows go on, since the kept jobs below belong to them. */
  reopened: JobRow[];
}

export interface FreshJob {
  level: Level;
  key: string;
  /** The one combination of a matrix that it is; null: the job as a whole, which may expand differently (SEM-29.6). */
  like: JobRow | null;
}

type Wanted = (level: Level, job: JobRow) => boolean;

/** @param bundle of the attempt that has ended */
export function planRerun(bundle: RunBundle, choice: RerunChoice, publicUrl: string): RerunPlan {
  const own = bundle.levels.get(null);
  if (!own) throw new Error(`run ${bundle.run.id} has no workflow`);
  if (choice === 'all') return { replaced: bundle.jobs, fresh: wholeJobs(own, keysOf(own.jobs)), reopened: [] };
  return planLevel(own, choice === 'failed' ? didFail(publicUrl) : (_, job) => job.id === choice);
}

/** Failed, timed out or cancelled; or skipped only because the run was cancelled. */
function didFail(publicUrl: string): Wanted {
  return (level, job) => {
    if (job.conclusion === 'success') return false;
    if (job.conclusion !== 'skipped') return true;
    if (level.bundle.run.cancel_requested_at === null) return false;
    const state = conditionState(level, job, jobContexts(level, job, publicUrl));
    return evaluateJobCondition(level.workflow, job.key, { ...state, cancelled: false }).run;
  };
}

function planLevel(level: Level, wanted: Wanted): RerunPlan {
  const below = new Map(level.jobs.map((job) => [job, planBelow(level, job, wanted)]));
  const changed = level.jobs.filter((job) => below.get(job) || wanted(level, job));
  const whole = dependentsOf(level, keysOf(changed));
  const wholeRows = level.jobs.filter(({ key }) => whole.has(key));
  const plan: RerunPlan = { replaced: withCalled(level, wholeRows), fresh: wholeJobs(level, whole), reopened: [] };
  for (const job of changed.filter(({ key }) => !whole.has(key))) {
    const inner = below.get(job);
    plan.replaced.push(...(inner?.replaced ?? withCalled(level, [job])));
    plan.fresh.push(...(inner?.fresh ?? [{ level, key: job.key, like: job.matrix === 'null' ? null : job }]));
    if (inner) plan.reopened.push(job, ...inner.reopened);
  }
  return plan;
}

/** Of the jobs that a job calls; undefined when none of them runs again. */
function planBelow({ bundle: { levels } }: Level, job: JobRow, wanted: Wanted): RerunPlan | undefined {
  const called = levels.get(job.id);
  const plan = called && planLevel(called, wanted);
  return plan && plan.fresh.length > 0 ? plan : undefined;
}

const keysOf = (jobs: JobRow[]): Set<string> => new Set(jobs.map(({ key }) => key));

const wholeJobs = (level: Level, keys: ReadonlySet<string>): FreshJob[] =>
  [...keys].map((key) => ({ level, key, like: null }));

/** Keys that need one of these, at whatever distance. */
function dependentsOf({ workflow, jobs }: Level, keys: ReadonlySet<string>): Set<string> {
  return new Set([...keysOf(jobs)].filter((key) => transitiveNeeds(workflow, key).some((need) => keys.has(need))));
}

function withCalled({ bundle: { levels } }: Level, jobs: JobRow[]): JobRow[] {
  return jobs.flatMap((job) => {
    const called = levels.get(job.id);
    return called ? [job, ...withCalled(called, called.jobs)] : [job];
  });
}
