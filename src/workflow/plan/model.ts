/** What `planWorkflow` gives. It is printed as it is by `switchyard plan --json`: docs/reference/plan-json.md. */
import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { EventFilter } from '../event-filters.ts';
import type { Reference } from '../expressions/index.ts';
import type { JobField } from '../known-part.ts';
import type { Concurrency, JobEnvironment, JobResult, Permissions } from '../model.ts';

/** What one event makes of one workflow file. */
export interface Plan {
  file: string;
  /** `name` of the workflow, or its path. */
  workflow: string;
  event: string;
  ref: string;
  sha: string;
  triggered: boolean;
  /** Which filters passed or which one refused, with what they saw, in a sentence. */
  reason: string;
  /** The filter that refused: a key under `on`, or `event`; `null` when none did. */
  filter: EventFilter | null;
  /** The filters that the event was tested with and passed. */
  passed: EventFilter[];
  /** Not empty: no job of this file may run. */
  errors: SourceError[];
  warnings: SourceError[];
  /** `null` when it was not triggered or there are errors. */
  runName: string | null;
  concurrency: Concurrency | null;
  /** In the order of the file; the jobs of a called workflow follow the job that calls it. */
  jobs: PlannedJob[];
}

/**
 * `runs`: its condition is true. `skipped`: false. `after-needs`: only the results of other jobs can tell.
 * `fails`: something of it cannot be evaluated.
 */
export type PlannedState = 'runs' | 'skipped' | 'after-needs' | 'fails';

export interface PlannedJob {
  /** Its key below those of the jobs that call its workflow: `deploy/migrate`. The same for all combinations of a matrix. */
  path: string;
  key: string;
  /** As people see it: `deploy / migrate (eu)`. */
  name: string;
  state: PlannedState;
  /** Paths of the jobs that must end first. Of a job that `runs` their results do not matter. */
  waitsFor: string[];
  /** Paths of the jobs that it needs. */
  needs: string[];
  condition: PlannedCondition;
  /** The file that declares it, and where. */
  file: string;
  line: number;
  column: number;
  /** The combination of its matrix; `null` without one, or while it is not known. */
  matrix: Json;
  /** Where it runs; `null` for a call, for a job that is skipped, and while it is not known. */
  runsOn: { labels: string[]; group: string | null } | null;
  /** The workflow that it calls, as written. */
  calls: string | null;
  environment: JobEnvironment | null;
  concurrency: Concurrency | null;
  /** `null`: what the repository gives to jobs that declare nothing. */
  permissions: Permissions | null;
  timeoutMinutes: number | null;
  continueOnError: boolean | null;
  /** What an expression decides whose values are not known yet. The values above are then `null`, a name is without it. */
  unknown: (JobField | 'strategy' | 'with')[];
  /** Why it fails. */
  errors: SourceError[];
}

export interface PlannedCondition {
  /** Compiled: `success() && (…)`. */
  expression: string;
  /** `null` while it cannot be told. */
  result: boolean | null;
  /** The context values that it looks at, as far as they are known. */
  values: Reference[];
}

/** What has become of a job, as `needs.<job>` shows it. */
export interface NeedResult {
  result: JobResult;
  outputs: Record<string, string>;
}
