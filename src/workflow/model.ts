/** A workflow file as read: names, graph and token trees. Nothing in it has been evaluated. */
import type { SourceError } from '../protocol/dashboard/index.ts';
import type { Json, TemplateToken } from '../protocol/runner/tokens.ts';

export interface WorkflowSource {
  /** Path in the repository: `.github/workflows/ci.yml`. */
  path: string;
  text: string;
}

export interface Workflow {
  path: string;
  /** The file's `name`, or its path (SEM-5.2). */
  name: string;
  /** Not empty: no job of this file may run (SEM-1.10). At most 10 (SEM-1.8). */
  errors: SourceError[];
  /** What is surely not meant, such as an `if` that is always true, and what nothing here acts on yet. At most 100. */
  warnings: SourceError[];
  /** As far as they could be read, also when there are errors; `null` when the file is too broken to tell. */
  triggers: Trigger[] | null;
  runName: TemplateToken;
  env: TemplateToken;
  defaults: TemplateToken;
  /** `null`: the key is absent, so the repository's default applies (SEM-6.3). */
  permissions: Permissions | null;
  concurrency: TemplateToken;
  /** What `on.workflow_call` declares; `null` when the file cannot be called (SEM-11.2). */
  callable: Callable | null;
  /** In file order. With `errors` it may be incomplete. */
  jobs: WorkflowJob[];
}

/** SEM-6.2; `metadata` is always readable and not named. */
export const PERMISSION_SCOPES = [
  'actions',
  'artifact-metadata',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'id-token',
  'issues',
  'models',
  'packages',
  'pages',
  'pull-requests',
  'repository-projects',
  'security-events',
  'statuses',
  'vulnerability-alerts',
] as const;

export type PermissionScope = (typeof PERMISSION_SCOPES)[number];
export type PermissionLevel = 'none' | 'read' | 'write';
/** A level for every scope: naming one sets the others to `none` (SEM-6.1). */
export type Permissions = Record<PermissionScope, PermissionLevel>;

/** `on.workflow_call` (SEM-11.4, 11.5, 11.8). */
export interface Callable {
  inputs: CallInput[];
  secrets: { name: string; required: boolean }[];
  outputs: { name: string; value: TemplateToken }[];
}

export interface CallInput {
  name: string;
  type: 'string' | 'number' | 'boolean';
  required: boolean;
  /** May hold expressions over `github`, `inputs` and `vars`. */
  default: TemplateToken;
}

/** A job that calls a reusable workflow (SEM-11). */
export interface WorkflowCall {
  /** As written. */
  uses: string;
  reference: CallReference;
  with: TemplateToken;
  secrets: 'inherit' | TemplateToken;
  line: number;
  column: number;
}

/** SEM-11.1 */
export interface CallReference {
  /** `owner/name`; `null`: the repository and commit of the file that it is written in. */
  repository: string | null;
  /** `.github/workflows/f.yml` */
  path: string;
  /** Branch, tag or commit; `null` when `repository` is. */
  ref: string | null;
}

/** Where the text of a workflow file was taken from. */
export interface WorkflowOrigin {
  /** `owner/name` */
  repository: string;
  path: string;
  /** The ref or commit it was asked for by; for the run's own file the run's ref. */
  ref: string;
  sha: string;
}

/** A file that a call leads to. */
export interface CalledFile {
  origin: WorkflowOrigin;
  workflow: Workflow;
}

/** One event under `on` with its filters (SEM-3.1). A filter that is not given is absent. */
export interface Trigger {
  event: string;
  types?: string[];
  branches?: string[];
  'branches-ignore'?: string[];
  tags?: string[];
  'tags-ignore'?: string[];
  paths?: string[];
  'paths-ignore'?: string[];
  /** Of `workflow_run`. */
  workflows?: string[];
  /** Of `workflow_dispatch` (SEM-4.7). */
  inputs?: DispatchInput[];
  /** Of `schedule` (SEM-4.1). */
  schedule?: { cron: string; timezone: string | null }[];
}

export interface DispatchInput {
  name: string;
  type: 'string' | 'boolean' | 'number' | 'choice' | 'environment';
  required: boolean;
  default: string | number | boolean | null;
  description: string | null;
  /** Of a `choice`. */
  options: string[];
}

/** Absent parts are the token `null`. */
export interface WorkflowJob {
  key: string;
  /** Keys of the jobs it needs, as those are written where they are declared. */
  needs: string[];
  /** Compiled `if` (SEM-9.3). */
  condition: string;
  name: TemplateToken;
  runsOn: TemplateToken;
  strategy: TemplateToken;
  timeoutMinutes: TemplateToken;
  cancelTimeoutMinutes: TemplateToken;
  continueOnError: TemplateToken;
  environment: TemplateToken;
  concurrency: TemplateToken;
  /** `null`: those of the workflow apply. */
  permissions: Permissions | null;
  /** Instead of steps: the reusable workflow that the job calls. */
  call: WorkflowCall | null;
  outputs: TemplateToken;
  env: TemplateToken;
  defaults: TemplateToken;
  container: TemplateToken;
  services: TemplateToken;
  steps: WorkflowStep[];
  /** Of its key in the file. */
  line: number;
  column: number;
}

export interface WorkflowStep {
  /** Key in `steps.<id>`: the given id, or a generated one that starts with `__` (SEM-1.15). */
  contextName: string;
  condition: string;
  name: TemplateToken;
  /** Exactly one of `run`, `uses` and `control` is given. */
  run: TemplateToken | undefined;
  uses: string | undefined;
  control: StepControl | undefined;
  /** Started, and left to itself until a control step covers it (SEM-18.1). */
  background: boolean;
  /** The same for the steps of one `parallel` and the wait behind them. */
  group: number | undefined;
  with: TemplateToken;
  env: TemplateToken;
  shell: TemplateToken;
  workingDirectory: TemplateToken;
  continueOnError: TemplateToken;
  timeoutMinutes: TemplateToken;
}

export const CONTROL_TYPES = ['wait', 'wait-all', 'cancel'] as const;

/** What a step does with background steps (SEM-18.2). */
export interface StepControl {
  type: (typeof CONTROL_TYPES)[number];
  /** Names in the `steps` context; empty for `wait-all`. */
  targets: string[];
}

export type JobResult = 'success' | 'failure' | 'cancelled' | 'skipped';

/** Values of the contexts that a job's own keys may use: `github`, `needs`, `vars`, `inputs`. */
export type JobContexts = Record<string, Json>;

/** What a job's `if` can see. */
export interface JobState {
  contexts: JobContexts;
  /** Of every job in `transitiveNeeds`. */
  ancestorResults: Record<string, JobResult>;
  /** The run has been cancelled. */
  cancelled: boolean;
}

/** The `strategy` context. */
export interface Strategy {
  'fail-fast': boolean;
  'job-index': number;
  'job-total': number;
  'max-parallel': number;
}

/** One job that a declared job turns into. */
export interface JobConfiguration {
  /** The `matrix` context; `null` without a matrix. */
  matrix: Json;
  strategy: Strategy;
  /** ` (v1, v2)`, or '' (SEM-10.12). */
  nameSuffix: string;
}

export interface ResolvedJob {
  name: string;
  labels: string[];
  group: string | null;
  timeoutMinutes: number;
  cancelTimeoutMinutes: number;
  continueOnError: boolean;
  environment: JobEnvironment | null;
  concurrency: Concurrency | null;
}

/** SEM-12.1; the url is the runner's to evaluate. */
export interface JobEnvironment {
  name: string;
  /** False: secrets and variables only, no deployment record. */
  deployment: boolean;
}

/** SEM-8, evaluated. */
export interface Concurrency {
  /** As written; groups compare without case. */
  group: string;
  cancelInProgress: boolean;
  queue: 'single' | 'max';
}

export interface EventFacts {
  /** `push`, `workflow_dispatch`, … */
  name: string;
  /**
   * The ref that branch and tag filters test: full, `refs/heads/main`. For pull requests and merge groups that of the
   * base, for `workflow_run` the head branch of the run it is about.
   */
  ref: string;
  /** The activity type, such as `opened`. */
  activity?: string;
  /** `null` when unknown: path filters then count as matched (SEM-3.12). */
  changedFiles?: string[] | null;
  /** The push deleted the ref. */
  deleted?: boolean;
  /** Of the head commit. */
  commitMessage?: string;
  /** Of `workflow_run`: name of the workflow whose run it is about. */
  workflowName?: string;
  /** Of `schedule`: the cron text that fell due. */
  cron?: string;
}

/** Evaluation can fail at run time; then the job fails with these as annotations (SEM-5.7). */
export type Evaluated<T> = { ok: true; value: T } | { ok: false; errors: SourceError[] };
