/** The one place of the runner that calls the `docker` program. */
import { handOver, isAbsence } from '../../../common/docker.ts';
import { OutsideError, UserError } from '../../../common/errors.ts';
import { type ProcessExit, type ProcessOptions, type RunningProcess, startProcess } from '../../process.ts';
import { findProgram } from '../shells.ts';

/** What a failed call printed is kept up to this many lines. */
const KEPT_LINES = 50;

export interface DockerCall {
  /** Variables of a container; `VARIABLES` in the arguments stands for them. */
  variables?: Record<string, string>;
  /** Standard input. */
  input?: string;
  cwd?: string;
  signal?: AbortSignal;
  /** Takes both streams as they come, in place of the result. */
  onLines?(lines: string[]): void;
}

/** Docker answered with an error, which is the message. */
export class DockerFailed extends OutsideError {
  /** Container, network or image is not there. */
  readonly isAbsence: boolean;

  constructor(what: string, code: number, output: string) {
    super(`docker ${what} failed with exit code ${code}${output === '' ? '.' : `: ${output}`}`, { retryable: false });
    this.isAbsence = isAbsence(output);
  }
}

export class Docker {
  readonly #program: string;
  readonly #environment: Record<string, string>;
  readonly #scratch: string;

  /**
   * @param environment of the runner, which says where the daemon is
   * @param scratch folder for files that live as long as a call
   */
  constructor(program: string, environment: Record<string, string>, scratch: string) {
    this.#program = program;
    this.#environment = environment;
    this.#scratch = scratch;
  }

  /** @throws UserError `no-docker` when there is no such program */
  static find(environment: Record<string, string>, scratch: string): Docker {
    if (process.platform !== 'linux') {
      throw new UserError('no-docker', 'Containers need a runner on Linux.');
    }
    const program = findProgram('docker', environment.PATH ?? '');
    if (program !== undefined) return new Docker(program, environment, scratch);
    throw new UserError(
      'no-docker',
      'This job needs Docker, and the program docker is not on the PATH of this runner.',
      {
        hint: 'Install Docker on the machine of the runner.',
      },
    );
  }

  /** Socket of the daemon; undefined when it is reached otherwise. */
  get socket(): string | undefined {
    const host = this.#environment.DOCKER_HOST;
    if (!host) return '/var/run/docker.sock';
    return host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
  }

  /** How the runner was told to reach the daemon, for people. */
  get address(): string {
    return this.#environment.DOCKER_HOST || `unix://${this.socket}`;
  }

  /** Standard output of a call that ended well. @throws DockerFailed, or the signal's reason */
  async run(args: string[], call: DockerCall = {}): Promise<string> {
    const output: string[] = [];
    const errors: string[] = [];
    const onLines = call.onLines ?? ((lines) => void output.push(...lines));
    const { code } = await this.#toItsEnd(args, {
      ...call,
      onLines,
      onErrorLines(lines) {
        errors.push(...lines);
        errors.splice(0, errors.length - KEPT_LINES);
        call.onLines?.(lines);
      },
    });
    call.signal?.throwIfAborted();
    if (code !== 0) throw new DockerFailed(args[0] ?? '', code, errors.join('\n').trim());
    return output.join('\n');
  }

  /** What `docker inspect` knows of one thing; undefined when there is none. @throws DockerFailed otherwise */
  async inspect<T>(kind: 'container' | 'network' | 'image', name: string): Promise<T | undefined> {
    try {
      const [found] = JSON.parse(await this.run([kind, 'inspect', name])) as T[];
      return found;
    } catch (error) {
      if (error instanceof DockerFailed && error.isAbsence) return undefined;
      throw error;
    }
  }

  /** Starts a client that runs for as long as the container's process. */
  async start(
    args: string[],
    {
      variables = {},
      ...process
    }: Omit<ProcessOptions, 'command' | 'args' | 'env' | 'cwd'> & Pick<DockerCall, 'variables'>,
  ): Promise<RunningProcess> {
    const given = handOver(args, variables, this.#scratch);
    const child = await startProcess({
      ...process,
      command: this.#program,
      args: given.args,
      cwd: '/',
      env: { ...this.#environment, ...given.environment },
    }).catch((error: unknown) => {
      given.close();
      throw error;
    });
    void child.exited.then(given.close);
    return child;
  }

  async #toItsEnd(args: string[], call: DockerCall & { onErrorLines(lines: string[]): void }): Promise<ProcessExit> {
    call.signal?.throwIfAborted();
    const child = await this.start(args, { ...call, onLines: call.onLines ?? (() => undefined) });
    const stop = (): void => child.kill();
    call.signal?.addEventListener('abort', stop, { once: true });
    try {
      return await child.exited;
    } finally {
      call.signal?.removeEventListener('abort', stop);
    }
  }
}
