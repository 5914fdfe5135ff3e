/** Scripts of the machine's owner before and after the steps of every job: SEM-15.6, runner-protocol 11.8. */
import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { JobStep } from '../../protocol/runner/job-message.ts';
import { stepEnvironment } from './environment.ts';
import { exitMessage } from './exit-message.ts';
import type { JobState } from './job-state.ts';
import type { JobLogs } from './logs.ts';
import type { ResultsQueue } from './results-queue.ts';
import { resolveShell } from './shells.ts';
import { Stage, type StopReason } from './stage.ts';
import type { StepContext } from './step-context.ts';
import { thisMachine } from './step-host.ts';
import { StepRecord } from './step-record.ts';

/** Of the environment or the `.env` file in the runner's folder. */
const VARIABLES = { started: 'ACTIONS_RUNNER_HOOK_JOB_STARTED', completed: 'ACTIONS_RUNNER_HOOK_JOB_COMPLETED' };
/** As GitHub's runner calls the records. */
const TITLES = { started: 'Set up runner', completed: 'Complete runner' };

/** Of which a step has no part: no defaults, variables, time-out or condition of the workflow count. */
const NO_STEP: Omit<JobStep, 'id' | 'name'> = {
  type: 'action',
  contextName: '__hook',
  enabled: true,
  condition: 'always()',
  continueOnError: null,
  timeoutInMinutes: null,
  reference: { type: 'script' },
  inputs: null,
  environment: null,
};

export class JobHook {
  readonly record: StepRecord;
  readonly #path: string;
  readonly #kind: keyof typeof VARIABLES;
  readonly #job: JobState;
  readonly #logs: JobLogs;
  readonly #results: ResultsQueue | undefined;
  #running: Stage | undefined;

  private constructor(
    kind: keyof typeof VARIABLES,
    path: string,
    { job, logs, results }: { job: JobState; logs: JobLogs; results: ResultsQueue | undefined },
  ) {
    this.#kind = kind;
    this.#path = path;
    this.#job = job;
    this.#logs = logs;
    this.#results = results;
    this.record = new StepRecord(0, TITLES[kind]);
    this.record.isOutside = true;
  }

  /** Undefined where the owner has set none. */
  static of(
    kind: keyof typeof VARIABLES,
    parts: { job: JobState; logs: JobLogs; results: ResultsQueue | undefined },
  ): JobHook | undefined {
    const path = parts.job.inherited[VARIABLES[kind]];
    return path ? new JobHook(kind, path, parts) : undefined;
  }

  /** Runs it as a step of its own, whatever became of the job; its failure is the job's. */
  async run(number: number): Promise<void> {
    this.record.number = number;
    const { record } = this;
    this.#running = new Stage({
      job: this.#job,
      logs: this.#logs,
      results: this.#results,
      step: { ...NO_STEP, id: newGuid(), name: record.name },
      record,
      condition: NO_STEP.condition,
      isShuttingDown: false,
      state: {},
      run: (context) => this.#runScript(context),
    });
    const { conclusion } = await this.#running.run();
    this.#running = undefined;
    this.#job.note(conclusion, record.name);
  }

  stop(reason: StopReason): void {
    this.#running?.stop(reason);
  }

  async #runScript(context: StepContext): Promise<boolean> {
    const { output, github } = context;
    output.print(`A job ${this.#kind} hook has been configured by the self-hosted runner administrator`);
    // On this machine, also for a job in a container: it is the machine's hook.
    const env = stepEnvironment(this.#job, {}, github, {}, thisMachine);
    const { command, args } = programOf(this.#path, env.PATH ?? '');
    output.group(`Run '${this.#path}'`, `shell: ${[command, ...args].join(' ')}`);
    const cwd = this.#job.folders.workspace;
    const exit = await context.follow((streams) => thisMachine.start({ ...streams, command, args, cwd, env }), cwd);
    if (exit.code !== 0 && !context.signal.aborted) output.error(exitMessage(exit));
    return exit.code === 0;
  }
}

/** @throws UserError `bad-job-hook` saying what is wrong with the path */
function programOf(path: string, searchPath: string): { command: string; args: string[] } {
  const refuse = (problem: string): UserError => new UserError('bad-job-hook', `The hook '${path}' ${problem}.`);
  if (!isAbsolute(path)) throw refuse('is not an absolute path');
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw refuse('does not exist, or is no file');
  if (path.endsWith('.js')) return { command: process.execPath, args: [path] };
  const shell = path.endsWith('.sh') ? 'bash -e {0}' : path.endsWith('.ps1') ? 'pwsh' : undefined;
  if (shell === undefined) throw refuse('is no .sh, .ps1 or .js file');
  const { command, args } = resolveShell(shell, searchPath);
  return { command, args: args.map((argument) => argument.replaceAll('{0}', path)) };
}
