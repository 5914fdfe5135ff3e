import type { Conclusion, Job, Status } from '../../protocol/dashboard/index.ts';
import { jobStages } from './job-stages.ts';

/** A job, with the jobs of the workflow that it calls. */
export interface JobNode {
  kind: 'job';
  job: Job;
  /** Without the names of its callers, beside which it is shown. */
  name: string;
  children: JobItem[][];
}

/** Many jobs of one matrix. */
export interface MatrixGroup {
  kind: 'matrix';
  key: string;
  nodes: JobNode[];
}

export type JobItem = JobNode | MatrixGroup;

/** A matrix of so many jobs is shown as one. */
const matrixFrom = 7;

/** The jobs in columns by what they need, called ones below their callers. A caller that is not there counts as none. */
export function jobTree(jobs: readonly Job[]): JobItem[][] {
  const known = new Set(jobs.map(({ id }) => id));
  const byParent = new Map<number | null, Job[]>();
  for (const job of jobs) {
    const parent = job.parentId !== null && known.has(job.parentId) ? job.parentId : null;
    byParent.set(parent, [...(byParent.get(parent) ?? []), job]);
  }
  return level(null, byParent, '');
}

function level(parent: number | null, byParent: ReadonlyMap<number | null, Job[]>, prefix: string): JobItem[][] {
  const node = (job: Job): JobNode => {
    const name = job.name.startsWith(prefix) ? job.name.slice(prefix.length) : job.name;
    return { kind: 'job', job, name, children: level(job.id, byParent, `${job.name} / `) };
  };
  return jobStages(byParent.get(parent) ?? []).map((stage) => grouped(stage.map(node)));
}

function grouped(nodes: JobNode[]): JobItem[] {
  const byKey = new Map<string, JobNode[]>();
  for (const node of nodes) byKey.set(node.job.key, [...(byKey.get(node.job.key) ?? []), node]);
  return [...byKey].flatMap(([key, same]): JobItem[] =>
    same.length < matrixFrom ? same : [{ kind: 'matrix', key, nodes: same }],
  );
}

/** The node of a job, wherever it stands. */
export function findNode(stages: readonly JobItem[][], id: number): JobNode | undefined {
  for (const node of stages.flat().flatMap((item) => (item.kind === 'matrix' ? item.nodes : [item]))) {
    const found = node.job.id === id ? node : findNode(node.children, id);
    if (found) return found;
  }
  return undefined;
}

/** How a group of jobs stands as one: running while some run, and in the end as bad as its worst. */
export function stateOfGroup(jobs: readonly Job[]): { status: Status; conclusion: Conclusion | null } {
  const open = jobs.filter(({ status }) => status !== 'completed');
  if (open.length > 0) {
    const hasBegun = open.length < jobs.length || open.some(({ status }) => status === 'in_progress');
    return { status: hasBegun ? 'in_progress' : (open[0]?.status ?? 'queued'), conclusion: null };
  }
  const worst = (['failure', 'timed_out', 'startup_failure', 'cancelled', 'success'] as const).find((conclusion) =>
    jobs.some((job) => job.conclusion === conclusion),
  );
  return { status: 'completed', conclusion: worst ?? 'skipped' };
}
