/** Calls of the operator's script that makes containers in the place of Docker: runner-protocol 11.8. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { errorText, UserError } from '../../../common/errors.ts';
import { newGuid } from '../../../common/ids.ts';
import type { ProcessOptions, RunningProcess } from '../../process.ts';
import { startOnMachine } from '../causes/machine.ts';
import { machineEnvironment } from '../environment.ts';
import type { JobState } from '../job-state.ts';
import { findProgram } from '../shells.ts';
import type { StepOutput } from '../step-output.ts';
import { hookScript } from './operator.ts';

export type HookCommand = 'prepare_job' | 'cleanup_job' | 'run_script_step' | 'run_container_step';

export interface HookMount {
  sourceVolumePath: string;
  targetVolumePath: string;
  readOnly: boolean;
}

/** What the hooks are told of a container. */
export interface HookContainer {
  image: string | null;
  /** Of an action that is to be built. */
  dockerfile: string | null;
  /** Name by which a service is reached. */
  contextName?: string;
  entryPoint: string | null;
  entryPointArgs: string[];
  workingDirectory: string | null;
  createOptions: string;
  environmentVariables: Record<string, string>;
  userMountVolumes: HookMount[];
  systemMountVolumes: HookMount[];
  registry: { username: string; password: string; serverUrl: string } | null;
  portMappings: string[];
}

interface ContainerAnswer {
  id?: string | null;
  network?: string | null;
  ports?: Record<string, string | number | null> | null;
}

/** All that a script may answer; every part may be missing. */
export interface HookAnswer {
  state?: Record<string, unknown> | null;
  isAlpine?: boolean | null;
  context?: { container?: ContainerAnswer | null; services?: ContainerAnswer[] | null } | null;
}

/** What a script is run with; nothing that a job has set reaches it. */
const INTERPRETERS: Record<string, (path: string) => string[]> = {
  '.js': () => [process.execPath],
  '.sh': (path) => [findProgram('bash', path) ?? 'sh', '-e'],
  '.ps1': () => ['pwsh', '-NonInteractive', '-File'],
};

const known = new WeakMap<JobState, ContainerHooks>();

export class ContainerHooks {
  readonly #job: JobState;
  /** What the script told last, given back to it in every call. */
  #state: Record<string, unknown> = {};

  private constructor(job: JobState) {
    this.#job = job;
  }

  /** The same for all that a job does. */
  static of(job: JobState): ContainerHooks {
    const hooks = known.get(job) ?? new ContainerHooks(job);
    known.set(job, hooks);
    return hooks;
  }

  /** Runs a command to its end. @throws UserError `container-hook`, or the signal's reason */
  async call(command: HookCommand, args: unknown, output?: StepOutput, signal?: AbortSignal): Promise<HookAnswer> {
    signal?.throwIfAborted();
    let answer: HookAnswer = {};
    const onLines = (lines: string[]): void => {
      if (output) for (const line of lines) tell(line, output);
    };
    const child = await this.#start(command, args, { onLines }, (told) => {
      answer = told;
    });
    const stop = (): void => child.cancel(this.#job.grace);
    signal?.addEventListener('abort', stop, { once: true });
    const { code } = await child.exited;
    signal?.removeEventListener('abort', stop);
    signal?.throwIfAborted();
    if (code === 0) return answer;
    throw failed(`The container hook ${hookScript(this.#job)} ended ${command} with exit code ${code}.`);
  }

  /** The same for a step, whose output its caller takes. */
  async start(
    command: HookCommand,
    args: unknown,
    streams: Pick<ProcessOptions, 'onLines' | 'onErrorLines' | 'cutLine'>,
  ): Promise<RunningProcess> {
    return await this.#start(command, args, streams, () => undefined);
  }

  async #start(
    command: HookCommand,
    args: unknown,
    { onLines, onErrorLines, cutLine }: Pick<ProcessOptions, 'onLines' | 'onErrorLines' | 'cutLine'>,
    onAnswer: (answer: HookAnswer) => void,
  ): Promise<RunningProcess> {
    const { folders } = this.#job;
    const folder = join(folders.temp, '_runner_hook_responses');
    mkdirSync(folder, { recursive: true });
    const responseFile = join(folder, `${newGuid()}.json`);
    writeFileSync(responseFile, '', { mode: 0o600 });
    const [program = '', ...words] = this.#interpreter();
    const child = await startOnMachine({
      onLines,
      onErrorLines,
      cutLine,
      command: program,
      args: [...words, hookScript(this.#job)],
      cwd: folders.workspace,
      env: machineEnvironment(this.#job),
      input: JSON.stringify({ command, responseFile, args, state: this.#state }),
    });
    const exited = child.exited.then((exit) => {
      const answer = exit.code === 0 ? readAnswer(responseFile) : {};
      rmSync(responseFile, { force: true });
      if (answer instanceof Error) {
        onLines([`##[error]The answer of the container hook to ${command} cannot be used: ${answer.message}`]);
        return { ...exit, code: 1 };
      }
      if (answer.state) this.#state = answer.state;
      onAnswer(answer);
      return exit;
    });
    return { pid: child.pid, exited, kill: () => child.kill(), cancel: (grace) => child.cancel(grace) };
  }

  #interpreter(): string[] {
    const script = hookScript(this.#job);
    const interpreter = INTERPRETERS[extname(script)];
    if (!interpreter) throw failed(`The container hook ${script} is not a .js, .sh or .ps1 file.`);
    if (!existsSync(script)) throw failed(`The container hook ${script} does not exist.`);
    return interpreter(this.#job.inherited.PATH ?? '');
  }
}

const failed = (sentence: string): UserError =>
  new UserError('container-hook', sentence, { hint: 'ACTIONS_RUNNER_CONTAINER_HOOKS of the runner names it.' });

/** An empty file is an empty answer. */
function readAnswer(file: string): HookAnswer | Error {
  try {
    const text = readFileSync(file, 'utf8').trim();
    const answer: unknown = text === '' ? {} : JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer as HookAnswer;
    return new Error('it is no JSON object');
  } catch (error) {
    return new Error(errorText(error));
  }
}

/** Hooks are made with the toolkit, whose lines for people are commands. */
function tell(line: string, output: StepOutput): void {
  const [, command, text = ''] = /^::(debug|error|warning)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
  if (command === 'debug') output.debug(text);
  else if (command === 'error') output.error(text);
  else if (command === 'warning') output.warning(text);
  else output.print(line);
}
