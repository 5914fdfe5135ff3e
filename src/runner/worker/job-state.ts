/** What the steps of one job share, and the contexts that expressions see: SEM-22. */
import { posix } from 'node:path';
import type { ControlGroup } from '../../common/control-groups/index.ts';
import { inheritedEnvironment } from '../../common/settings.ts';
import type { JobMessage } from '../../protocol/runner/job-message.ts';
import { fromContextData, type Json, type TemplateToken } from '../../protocol/runner/tokens.ts';
import { evaluateTemplate, isObject, type Scope, toText } from '../../workflow/expressions/index.ts';
import type { RunnerIdentity, SignalGrace } from '../job-channel.ts';
import { Masks } from '../masks.ts';
import { runnerArch, runnerOs } from '../platform.ts';
import type { JobDocker } from './containers/job-docker.ts';
import { type JobFolders, jobFolders } from './folders.ts';
import type { Frame } from './frame.ts';
import { hashFiles } from './hash-files.ts';
import { ProblemMatchers } from './problem-matchers.ts';
import { type StepHost, thisMachine } from './step-host.ts';

export type Outcome = 'success' | 'failure' | 'cancelled' | 'skipped';
export type JobStatus = 'success' | 'failure' | 'cancelled';

/** `secrets` may be used in step values but not in conditions (SEM-22.4). */
export interface ScopeOptions {
  env?: Record<string, string>;
  withStatus?: boolean;
  withSecrets?: boolean;
  github?: Record<string, Json>;
  /** Inside a composite action: only what that may see (SEM-17.9). */
  frame?: Frame;
}

/** Members of `github` that are paths. */
const GITHUB_PATHS = ['action_path', 'env', 'event_path', 'output', 'path', 'state', 'step_summary', 'workspace'];

/** Context members that a step does not see before it runs. */
const EMPTY_CONTEXTS = ['vars', 'needs', 'strategy', 'inputs'] as const;

/** Without `#private` members: `fork` derives objects from a job, and those would lack them. */
export class JobState {
  readonly message: JobMessage;
  readonly runner: RunnerIdentity;
  readonly trackingId: string;
  readonly grace: SignalGrace;
  readonly masks = new Masks();
  /** The runner's own environment; read once, since each look copies it. */
  readonly inherited: Record<string, string>;
  readonly folders: JobFolders;
  /** Where steps run; the job's container once that is up. */
  host: StepHost = thisMachine;
  /** What is opened late, and then once for all forks. */
  readonly opened: { docker?: Promise<JobDocker> } = {};
  /** The control group that the worker, and so all that the job starts, is in; undefined where there is none. */
  group: ControlGroup | undefined;
  /** `job.container` and `job.services` (SEM-14.8). */
  containers: Record<string, Json> = {};
  /** With paths of this machine. */
  readonly github: Record<string, Json>;
  readonly secrets: Record<string, Json> = {};
  /** Workflow env, job env, and what steps wrote to GITHUB_ENV so far. */
  readonly env: Record<string, string> = {};
  readonly matchers = new ProblemMatchers();
  /** Entries that steps put in front of PATH; newest first. */
  readonly path: string[] = [];
  readonly steps: Record<string, Json> = {};
  readonly isStepDebug: boolean;
  /** A line for the runner's own log of the job; kept only with ACTIONS_RUNNER_DEBUG. */
  diagnose: (line: string) => void = () => undefined;
  status: JobStatus = 'success';
  /** Why the runner ends, once it does. */
  shutdownReason = '';
  /** Of a fork: what its steps have set. */
  readonly made: { env: Record<string, string>; path: string[] } | undefined;
  /** Steps that made the status what it is, for explanations. */
  readonly failedSteps: string[] = [];
  /** As the job message has them. */
  readonly contexts: Record<string, Json>;
  /** By name in lower case. */
  readonly variables = new Map<string, string>();

  constructor(message: JobMessage, runner: RunnerIdentity, trackingId: string, grace: SignalGrace) {
    this.message = message;
    this.runner = runner;
    this.trackingId = trackingId;
    this.grace = grace;
    readVariables(this);
    const contexts = Object.fromEntries(
      Object.entries(message.contextData).map(([name, data]) => [name, fromContextData(data)]),
    );
    this.contexts = { matrix: null, ...contexts };
    for (const name of EMPTY_CONTEXTS) this.contexts[name] ??= {};
    const github = isObject(contexts.github ?? null) ? (contexts.github as Record<string, Json>) : {};
    this.folders = jobFolders(runner.workFolder, toText(github.repository ?? ''));
    this.inherited = { ...inheritedEnvironment(), GIT_CONFIG_GLOBAL: this.folders.gitConfig };
    this.github = {
      ...github,
      token: this.variable('system.github.token') ?? '',
      job: this.variable('system.github.job') ?? message.jobName,
      workspace: this.folders.workspace,
      event_path: this.folders.eventFile,
    };
    this.isStepDebug = this.isSwitchedOn('ACTIONS_STEP_DEBUG');
  }

  /** A job variable; names ignore case (runner-protocol 6.4). */
  variable(name: string): string | undefined {
    return this.variables.get(name.toLowerCase());
  }

  get repository(): string {
    return toText(this.github.repository ?? '');
  }

  /** A failed step makes the job fail; once cancelled it stays cancelled (SEM-15.7). */
  note(conclusion: Outcome, step?: string): void {
    if (conclusion !== 'failure' && conclusion !== 'cancelled') return;
    if (step !== undefined) this.failedSteps.push(`"${step}" ended with ${conclusion}`);
    if (this.status !== 'cancelled') this.status = conclusion;
  }

  /** Why the status functions see no success, in words; empty while they do. */
  get troubles(): string[] {
    return this.status === 'cancelled' ? [...this.failedSteps, 'the job was cancelled'] : this.failedSteps;
  }

  /** @throws UserError when there is no Docker that the job's containers can use */
  openDocker(): Promise<JobDocker> {
    // Loaded here: most jobs need none of it.
    this.opened.docker ??= import('./containers/job-docker.ts').then(({ JobDocker }) => JobDocker.open(this));
    return this.opened.docker;
  }

  /** Docker, once the job uses it. */
  get docker(): Promise<JobDocker> | undefined {
    return this.opened.docker;
  }

  /** The job as a background step has it: what others set from now on does not show, nor what it sets (SEM-18.3, 18.6). */
  fork(): JobState {
    const { env, path, steps, github } = this;
    const own = { env: { ...env }, path: [...path], steps: { ...steps }, github: { ...github } };
    return Object.assign(Object.create(this) as JobState, own, { made: { env: {}, path: [] } });
  }

  /** Takes over what the steps of a fork have set. */
  join({ made }: JobState): void {
    for (const [name, value] of Object.entries(made?.env ?? {})) this.setEnv(name, value);
    for (const entry of made?.path ?? []) this.addPath(entry);
  }

  setEnv(name: string, value: string): void {
    this.env[name] = value;
    if (this.made) this.made.env[name] = value;
  }

  /** In front of the others; an entry that is there already moves (SEM-24.5). */
  addPath(entry: string): void {
    const known = this.path.indexOf(entry);
    if (known >= 0) this.path.splice(known, 1);
    this.path.unshift(entry);
    this.made?.path.push(entry);
  }

  scope({ env = {}, withStatus = false, withSecrets = true, github = this.github, frame }: ScopeOptions = {}): Scope {
    const { strategy = {}, matrix = null } = this.contexts;
    const contexts: Record<string, Json> = {
      ...(frame ? { strategy, matrix, inputs: frame.inputs } : this.contexts),
      github: this.githubInside(github),
      env: { ...this.env, ...env },
      job: { ...(this.contexts.job as Record<string, Json> | undefined), ...this.containers, status: this.status },
      steps: frame?.steps ?? this.steps,
      runner: this.runnerContext(),
    };
    if (withSecrets && !frame) contexts.secrets = this.secrets;
    return {
      contexts,
      caseSensitive: process.platform === 'win32' ? [] : ['env'],
      hashFiles: (patterns) => hashFiles(this.folders.workspace, patterns),
      ...(withStatus ? { status: statusFunctions(this, frame ?? this) } : {}),
    };
  }

  runnerContext(host: Pick<StepHost, 'inside'> = this.host): Record<string, Json> {
    return {
      name: this.runner.name,
      os: runnerOs,
      arch: runnerArch,
      temp: host.inside(this.folders.temp),
      tool_cache: host.inside(this.folders.toolCache),
      workspace: host.inside(this.folders.pipeline),
      environment: this.variable('system.runnerEnvironment') ?? 'self-hosted',
      ...(this.isStepDebug || this.isSwitchedOn('ACTIONS_RUNNER_DEBUG') ? { debug: '1' } : {}),
    };
  }

  /** The `github` context as steps see it: paths are those inside their host. */
  githubInside(
    github: Record<string, Json> = this.github,
    host: Pick<StepHost, 'isContainer' | 'inside'> = this.host,
  ): Record<string, Json> {
    if (!host.isContainer) return github;
    const paths = GITHUB_PATHS.map((key) => [key, github[key]] as const);
    const inside = paths.flatMap(([key, path]) => (typeof path === 'string' ? [[key, host.inside(path)]] : []));
    return { ...github, ...Object.fromEntries(inside) };
  }

  /** Values of a mapping as text; null is empty, lists and mappings are refused (SEM-21.6). */
  evaluateMapping(token: TemplateToken | undefined, scope: Scope, what: string): Record<string, string> {
    const value = evaluateTemplate(token ?? null, scope);
    if (value === null || value === '') return {};
    if (!isObject(value)) throw new Error(`${what} must be a mapping.`);
    const texts: Record<string, string> = {};
    for (const [name, member] of Object.entries(value)) {
      if (member !== null && typeof member === 'object') {
        throw new Error(`The value of ${what}.${name} is a list or mapping; use toJSON to pass it as text.`);
      }
      texts[name] = toText(member);
    }
    return texts;
  }

  /** `defaults.run` of the job; later mappings win per key (SEM-7.5). */
  runDefaults(): { shell?: string; workingDirectory?: string } {
    const merged: Record<string, string> = {};
    for (const token of this.message.defaults ?? []) {
      const value = evaluateTemplate(token, this.scope());
      const run = isObject(value) ? value.run : undefined;
      if (!isObject(run ?? null)) continue;
      for (const [key, member] of Object.entries(run as Record<string, Json>)) merged[key] = toText(member);
    }
    return { shell: merged.shell, workingDirectory: merged['working-directory'] };
  }

  /** Path of a file below the workspace, as annotations name it. */
  relativePath(file: string): string {
    const inside = posix.relative(this.folders.workspace, this.host.outside(file));
    return posix.isAbsolute(file) && !inside.startsWith('..') ? inside : file;
  }

  /** A switch of debug logging: of the run, a secret or a variable (SEM-23.5, 29.5). */
  isSwitchedOn(name: 'ACTIONS_STEP_DEBUG' | 'ACTIONS_RUNNER_DEBUG'): boolean {
    const fromVars = (this.contexts.vars as Record<string, Json> | undefined)?.[name];
    return (this.variable(name) ?? toText(fromVars ?? '')).toLowerCase() === 'true';
  }
}

function readVariables({ message, variables, masks, secrets }: JobState): void {
  for (const [name, { value, isSecret }] of Object.entries(message.variables)) {
    variables.set(name.toLowerCase(), value ?? '');
    const isSwitch = /^ACTIONS_(STEP|RUNNER)_DEBUG$/i.test(name);
    if (!isSecret) continue;
    if (!isSwitch) masks.add(value ?? '');
    if (!/^system\./i.test(name)) secrets[name] = value ?? '';
  }
  for (const { authorization } of message.resources.endpoints) {
    masks.add(authorization.parameters.AccessToken);
  }
  for (const { type, value } of message.mask ?? []) if (type === 'regex') masks.addPattern(value);
}

function statusFunctions(job: JobState, looked: { status: JobStatus }): Scope['status'] {
  return {
    success: () => looked.status === 'success' && job.status !== 'cancelled',
    failure: () => looked.status === 'failure',
    cancelled: () => job.status === 'cancelled',
  };
}
