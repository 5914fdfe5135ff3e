/** What the matcher compares. */
import type { Wall } from '../../protocol/dashboard/index.ts';
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';

export type { Wall };

export interface RunnerFacts {
  id: number;
  name: string;
  /** Never changed in place; another list takes its place. */
  labels: string[];
  group: string;
  scope: RunnerScope;
  online: boolean;
  busy: boolean;
  wall: Wall | null;
  /** The wall of its group. A job must pass both. */
  groupWall: Wall | null;
  /** The scale set that it was made for: it takes no job of another. */
  scaleSet?: number | null;
}

export interface JobRequirement {
  labels: string[];
  /** Group that `runs-on` names, perhaps with a prefix such as `org/` (SEM-13.2). */
  group: string | null;
  repository: { owner: string; name: string };
  /** Name of the environment that the job deploys to. */
  environment: string | null;
  /** Full ref of the run. */
  ref: string;
  /** The file that defines the job: for a called job not the run's own. */
  workflow: WorkflowFile;
  /** The scale set that has taken the job: nobody else's runners get it. */
  scaleSet?: number | null;
}

export interface WorkflowFile {
  /** `owner/name` */
  repository: string;
  path: string;
  /** Full ref of the run for its own file, for a called one as the caller names it. */
  ref: string;
}

/** Sets by the list they were made from: thousands of runners are compared with every job, and their lists never change. */
const sets = new WeakMap<string[], Set<string>>();

/** Labels as they are compared: without case. */
export function normalized(labels: string[]): Set<string> {
  const known = sets.get(labels);
  if (known) return known;
  const set = new Set(labels.map((label) => label.toLowerCase()));
  sets.set(labels, set);
  return set;
}

/** Names of labels, groups, jobs, people and repositories ignore case. */
export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
