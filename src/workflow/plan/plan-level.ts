/** The jobs of one file: the run's own, or one that a job calls (SEM-9, 11). */
import type { Json } from '../../protocol/runner/tokens.ts';
import type { JobResult, Permissions, Workflow, WorkflowJob } from '../model.ts';
import type { NeedResult, PlannedJob } from './model.ts';
import { JobPlanner } from './plan-job.ts';

/** What all levels of one plan share. */
export interface PlanContext {
  /** Workflows that jobs may call, by path in the repository. */
  files: ReadonlyMap<string, Workflow>;
  /** By path of the job, in lower case. */
  results: ReadonlyMap<string, NeedResult>;
  github: Json;
  vars: Json;
  /** Jobs of pull requests from forks may only read. */
  readOnly: boolean;
  /** How many jobs have been planned. */
  count: number;
}

export interface Level {
  workflow: Workflow;
  inputs: Record<string, Json>;
  /** Names, in lower case, of inputs that come from results which are not known yet. */
  unknownInputs: ReadonlySet<string>;
  /** The job that calls this file. */
  caller: { job: PlannedJob; permissions: Permissions | null } | null;
}

/** A matrix of calls of matrices could be thousands of millions. */
export const MAX_PLANNED_JOBS = 2000;

/** What is known of the jobs of a level while it is planned: their results, by key. */
export type LevelResults = Map<string, JobResult | null>;

/** In the order of the file; the jobs of a called file follow the job that calls it. */
export function planLevel(context: PlanContext, level: Level): PlannedJob[] {
  const results: LevelResults = new Map();
  const planned = new Map<string, PlannedJob[]>();
  for (const job of inOrderOfNeeds(level.workflow)) {
    const own = new JobPlanner(context, level, job, results).plan();
    const isSkipped = own.every((each) => each.job.state === 'skipped');
    const given = context.results.get(jobPath(level, job.key).toLowerCase());
    results.set(job.key, given?.result ?? (isSkipped ? 'skipped' : null));
    planned.set(
      job.key,
      own.flatMap(({ job: each, called }) => [each, ...(called ? planLevel(context, called) : [])]),
    );
  }
  return level.workflow.jobs.flatMap(({ key }) => planned.get(key) ?? []);
}

export const jobPath = ({ caller }: Level, key: string): string => (caller ? `${caller.job.path}/${key}` : key);

/** Needs first. Reading has made sure that there is such an order. */
function inOrderOfNeeds({ jobs }: Workflow): WorkflowJob[] {
  const ordered: WorkflowJob[] = [];
  const done = new Set<string>();
  let waiting = jobs;
  while (waiting.length > 0) {
    const ready = waiting.filter(({ needs }) => needs.every((need) => done.has(need)));
    if (ready.length === 0) throw new Error('the jobs need each other in a circle');
    for (const { key } of ready) done.add(key);
    ordered.push(...ready);
    waiting = waiting.filter((job) => !ready.includes(job));
  }
  return ordered;
}
