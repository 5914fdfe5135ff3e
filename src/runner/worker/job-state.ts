/** What the steps of one job share, and the contexts that expressions see: SEM-22. */
import { posix } from 'node:path';
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

export class JobState {
  readonly message: JobMessage;
  readonly runner: RunnerIdentity;
  readonly trackingId: string;
  readonly grace: SignalGrace;
  readonly masks = new Masks();
  /** The runner's own environment; read once, since each look copies it. */
  readonly inherited = inheritedEnvironment();
  readonly folders: JobFolders;
  /** Where steps run; the job's container once that is up. */
  host: StepHost = thisMachine;
  /** Docker, once the job uses it. */
  docker: Promise<JobDocker> | undefined;
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
  status: JobStatus = 'success';
  /** Steps that made the status what it is, for explanations. */
  readonly #troubles: string[] = [];
  readonly #contexts: Record<string, Json>;
  readonly #variables = new Map<string, string>();

  constructor(message: JobMessage, runner: RunnerIdentity, trackingId: string, grace: SignalGrace) {
    this.message = message;
    this.runner = runner;
    this.trackingId = trackingId;
    this.grace = grace;
    this.#readVariables();
    const contexts = Object.fromEntries(
      Object.entries(message.contextData).map(([name, data]) => [name, fromContextData(data)]),
    );
    this.#contexts = { matrix: null, ...contexts };
    for (const name of EMPTY_CONTEXTS) this.#contexts[name] ??= {};
    const github = isObject(contexts.github ?? null) ? (contexts.github as Record<string, Json>) : {};
    this.folders = jobFolders(runner.workFolder, toText(github.repository ?? ''));
    this.github = {
      ...github,
      token: this.variable('system.github.token') ?? '',
      job: this.variable('system.github.job') ?? message.jobName,
      workspace: this.folders.workspace,
      event_path: this.folders.eventFile,
    };
    this.isStepDebug = this.#isSwitchedOn('ACTIONS_STEP_DEBUG');
  }

  /** A job variable; names ignore case (runner-protocol 6.4). */
  variable(name: string): string | undefined {
    return this.#variables.get(name.toLowerCase());
  }

  get repository(): string {
    return toText(this.github.repository ?? '');
  }

  /** A failed step makes the job fail; once cancelled it stays cancelled (SEM-15.7). */
  note(conclusion: Outcome, step?: string): void {
    if (conclusion !== 'failure' && conclusion !== 'cancelled') return;
    if (step !== undefined) this.#troubles.push(`"${step}" ended with ${conclusion}`);
    if (this.status !== 'cancelled') this.status = conclusion;
  }

  /** Why the status functions see no success, in words; empty while they do. */
  get troubles(): string[] {
    return this.status === 'cancelled' ? [...this.#troubles, 'the job was cancelled'] : this.#troubles;
  }

  /** @throws UserError when there is no Docker that the job's containers can use */
  openDocker(): Promise<JobDocker> {
    // Loaded here: most jobs need none of it.
    this.docker ??= import('./containers/job-docker.ts').then(({ JobDocker }) => JobDocker.open(this));
    return this.docker;
  }

  scope({ env = {}, withStatus = false, withSecrets = true, github = this.github, frame }: ScopeOptions = {}): Scope {
    const { strategy = {}, matrix = null } = this.#contexts;
    const contexts: Record<string, Json> = {
      ...(frame ? { strategy, matrix, inputs: frame.inputs } : this.#contexts),
      github: this.githubInside(github),
      env: { ...this.env, ...env },
      job: { ...(this.#contexts.job as Record<string, Json> | undefined), ...this.containers, status: this.status },
      steps: frame?.steps ?? this.steps,
      runner: this.runnerContext(),
    };
    if (withSecrets && !frame) contexts.secrets = this.secrets;
    return {
      contexts,
      caseSensitive: process.platform === 'win32' ? [] : ['env'],
      hashFiles: (patterns) => hashFiles(this.folders.workspace, patterns),
      ...(withStatus ? { status: this.#statusFunctions(frame ?? this) } : {}),
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
      ...(this.isStepDebug || this.#isSwitchedOn('ACTIONS_RUNNER_DEBUG') ? { debug: '1' } : {}),
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

  #readVariables(): void {
    for (const [name, { value, isSecret }] of Object.entries(this.message.variables)) {
      this.#variables.set(name.toLowerCase(), value ?? '');
      const isSwitch = /^ACTIONS_(STEP|RUNNER)_DEBUG$/i.test(name);
      if (!isSecret) continue;
      if (!isSwitch) this.masks.add(value ?? '');
      if (!/^system\./i.test(name)) this.secrets[name] = value ?? '';
    }
    for (const { authorization } of this.message.resources.endpoints) {
      this.masks.add(authorization.parameters.AccessToken);
    }
    for (const { type, value } of this.message.mask ?? []) if (type === 'regex') this.masks.addPattern(value);
  }

  #statusFunctions(looked: { status: JobStatus }): Scope['status'] {
    return {
      success: () => looked.status === 'success' && this.status !== 'cancelled',
      failure: () => looked.status === 'failure',
      cancelled: () => this.status === 'cancelled',
    };
  }

  #isSwitchedOn(name: string): boolean {
    const fromVars = (this.#contexts?.vars as Record<string, Json> | undefined)?.[name];
    return (this.variable(name) ?? toText(fromVars ?? '')).toLowerCase() === 'true';
  }
}
