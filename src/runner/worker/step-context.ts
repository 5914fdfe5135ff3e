/** What a step's handler works with. */
import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Scope } from '../../workflow/expressions/index.ts';
import { TRACKING_VARIABLE } from '../job-channel.ts';
import type { ProcessExit, ProcessOptions, RunningProcess } from '../process.ts';
import { explainFullDisk, readFileSystems } from './causes/disk.ts';
import { stepEnvironment } from './environment.ts';
import { FileCommands } from './file-commands.ts';
import type { Frame } from './frame.ts';
import type { JobState } from './job-state.ts';
import type { Problem, ProblemMatchers } from './problem-matchers.ts';
import type { ResultsQueue } from './results-queue.ts';
import { thisMachine } from './step-host.ts';
import type { CommandEffects, StepOutput } from './step-output.ts';
import type { Annotation, StepRecord } from './step-record.ts';

export interface ProcessRequest {
  /** Command, arguments and folder are as the step's host sees them. */
  command: string;
  args: string[];
  cwd: string;
  /** Added to the step's environment. */
  env?: Record<string, string>;
  /** Takes the output instead of the log, such as a value that the caller needs. */
  onLines?(lines: string[]): void;
  verbatimArguments?: boolean;
  /** The runner's own work: on this machine and, for a job in a container, with nothing that its steps have set. */
  isOwn?: boolean;
}

export class StepContext implements CommandEffects {
  readonly job: JobState;
  readonly record: StepRecord;
  readonly output: StepOutput;
  /** The step's own env. */
  readonly env: Record<string, string>;
  readonly outputs: Record<string, string> = {};
  /** Values that the step's later stages get as `STATE_<name>`; shared between its stages. */
  readonly state: Record<string, string>;
  readonly signal: AbortSignal;
  readonly github: Record<string, Json>;
  readonly allowUnsecure: boolean;
  readonly #fileCommands: FileCommands;
  readonly results: ResultsQueue | undefined;
  /** Of a step inside a composite action. */
  readonly frame: Frame | undefined;

  constructor(options: {
    job: JobState;
    record: StepRecord;
    output: StepOutput;
    env: Record<string, string>;
    state: Record<string, string>;
    signal: AbortSignal;
    results: ResultsQueue | undefined;
    actionName: string;
    frame?: Frame;
    /** What `github` is instead of the job's. */
    github?: Record<string, Json>;
  }) {
    const { job } = options;
    this.job = job;
    this.record = options.record;
    this.output = options.output;
    this.env = options.env;
    this.state = options.state;
    this.signal = options.signal;
    this.results = options.results;
    this.frame = options.frame;
    this.#fileCommands = new FileCommands(job.folders.fileCommands);
    this.github = {
      // SEM-17.14: there, and empty, for what is no action of a repository.
      ...{ action_repository: '', action_ref: '' },
      ...(options.github ?? job.github),
      ...this.#fileCommands.paths,
      action: options.actionName,
    };
    const isAllowed = options.env.ACTIONS_ALLOW_UNSECURE_COMMANDS ?? job.env.ACTIONS_ALLOW_UNSECURE_COMMANDS;
    this.allowUnsecure = isAllowed?.toLowerCase() === 'true';
  }

  scope(): Scope {
    return this.job.scope({ env: this.env, github: this.github, frame: this.frame });
  }

  /** From now on the step is this action (SEM-17.10, 17.14). */
  asAction({ folder, repository, ref }: { folder: string; repository: string; ref: string }): void {
    Object.assign(this.github, { action_path: folder, action_repository: repository, action_ref: ref });
  }

  /** What the step's processes see, before what `run` adds. */
  environment(): Record<string, string> {
    return stepEnvironment(this.job, this.env, this.job.githubInside(this.github));
  }

  /** For the runner's own work: what runs in a container must not reach out of it by a variable. */
  get ownEnvironment(): Record<string, string> {
    const { host, inherited, trackingId } = this.job;
    return host.isContainer ? { ...inherited, [TRACKING_VARIABLE]: trackingId } : this.environment();
  }

  /** Runs a process to its end, its output in the log; cancelled with the step (SEM-28.2). */
  async run(request: ProcessRequest): Promise<ProcessExit> {
    const { isOwn = false, env, onLines, ...process } = request;
    const environment = { ...(isOwn ? this.ownEnvironment : this.environment()), ...env };
    const host = isOwn ? thisMachine : this.job.host;
    return await this.follow(
      (streams) => host.start({ ...process, ...streams, env: environment, onLines: onLines ?? streams.onLines }),
      host.outside(process.cwd),
    );
  }

  /** The same for a process that `start` starts. @param cwd as this machine sees it */
  async follow(
    start: (streams: Pick<ProcessOptions, 'onLines' | 'cutLine'>) => Promise<RunningProcess>,
    cwd = this.job.folders.workspace,
  ): Promise<ProcessExit> {
    this.signal.throwIfAborted();
    const child = await start({
      onLines: (lines) => this.output.scan(lines, this),
      cutLine: (text, limit) => this.job.masks.cutAt(text, limit),
    });
    this.job.diagnose(`step ${this.record.number} starts the process ${child.pid}`);
    const exit = await this.#untilExit(child);
    this.job.diagnose(`the process ${child.pid} ends: exit code ${exit.code}, signal ${exit.signal}`);
    if (exit.code === 0 || exit.reason !== undefined || this.signal.aborted) return exit;
    return { ...exit, reason: explainFullDisk(readFileSystems([cwd, ...this.#writtenFolders])) };
  }

  /** Where the processes of a step write by habit. */
  get #writtenFolders(): string[] {
    const { workspace, temp, toolCache } = this.job.folders;
    return [workspace, temp, toolCache, tmpdir(), homedir()];
  }

  /** Reads the file commands (SEM-16.10). @returns false when one was wrong */
  finish(): Promise<boolean> {
    return this.#fileCommands.process({
      setEnv: (name, value) => {
        this.setEnv(name, value);
        this.output.debug(`${name}='${value}'`);
      },
      setOutput: (name, value) => {
        this.setOutput(name, value);
        this.output.debug(`Set output ${name} = ${value}`);
      },
      saveState: (name, value) => {
        this.saveState(name, value);
        this.output.debug(`Save intra-action state ${name} = ${value}`);
      },
      addPath: (path) => this.addPath(path),
      summary: (markdown) => this.#uploadSummary(markdown),
      error: (message) => this.output.error(message),
    });
  }

  setOutput(name: string, value: string): void {
    this.outputs[name] = value;
  }

  saveState(name: string, value: string): void {
    this.state[name] = value;
  }

  /** Visible from the next step on. @throws Error for NODE_OPTIONS, which would reach the actions' own Node */
  setEnv(name: string, value: string): void {
    if (name.toUpperCase() === 'NODE_OPTIONS') {
      throw new Error("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
    }
    this.job.setEnv(name, value);
  }

  addPath(path: string): void {
    this.job.addPath(path);
  }

  relativePath(file: string): string {
    return this.job.relativePath(file);
  }

  get matchers(): ProblemMatchers {
    return this.job.matchers;
  }

  outside = (path: string): string => resolve(this.job.folders.workspace, this.job.host.outside(path));

  /** A file counts only when it lies in the workspace: others are none of the repository's. */
  locate({ level, message, file, fromPath, line, column, code }: Problem): Annotation {
    const base = fromPath ? dirname(this.outside(fromPath)) : this.job.folders.workspace;
    const path = file && this.job.relativePath(resolve(base, this.job.host.outside(file)));
    const isInside = path !== undefined && !isAbsolute(path) && existsSync(resolve(this.job.folders.workspace, path));
    const place = { path: isInside ? path : undefined, startLine: line, endLine: line, startColumn: column };
    return { level, message: code ? `${message} (${code})` : message, ...place, endColumn: column };
  }

  async #untilExit(child: RunningProcess): Promise<ProcessExit> {
    const cancel = (): void => child.cancel(this.job.grace);
    if (this.signal.aborted) cancel();
    this.signal.addEventListener('abort', cancel, { once: true });
    try {
      return await child.exited;
    } finally {
      this.signal.removeEventListener('abort', cancel);
    }
  }

  #uploadSummary(markdown: Buffer): void {
    const masked = this.job.masks.apply(markdown.toString('utf8'));
    this.results?.uploadSummary(this.record.id, Buffer.from(masked, 'utf8'));
  }
}

/** A stage before or after all main ones, and the condition that it runs under. */
export interface OutsideRun {
  condition: string;
  run(context: StepContext): Promise<boolean>;
}

/** What runs one step. Every `run` throws, or returns false, when the step has failed. */
export interface StepHandler {
  /** Before all steps of the job (SEM-15.1). */
  pre?: OutsideRun;
  run(context: StepContext): Promise<boolean>;
  /** After all steps; looked at when `pre` and `run` are over, and only if one of them has started (SEM-17.5). */
  readonly post?: OutsideRun | undefined;
}
