/** The one place of the fleet that calls the `docker` program. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { handOver, isAbsence } from '../../../common/docker.ts';
import { OutsideError } from '../../../common/errors.ts';
import type { RegistryLogin } from '../../resources/pull-secrets.ts';
import { openLogin } from './registry-login.ts';

export interface EngineCall {
  /** Variables of a container; `VARIABLES` in the arguments stands for them. */
  variables?: Record<string, string>;
  /** In the place of what the client is logged in with at the registry of an image. */
  login?: { image: string; login: RegistryLogin };
  /** Standard input. */
  input?: Buffer;
  /** Default: a minute, since an engine that hangs must not hang the fleet. */
  timeoutMs?: number;
  /** Standard error belongs to the result too, as it does with the logs of a container. */
  withErrors?: boolean;
}

const CALL_TIMEOUT_MS = 60_000;
/** Of one answer; `inspect` of a hundred containers has about 1 MB. */
const MAX_OUTPUT = 64 * 1024 * 1024;
/** What a failed call printed is told up to this many characters. */
const MAX_ERROR = 2_000;

/** Docker answered with an error, which is the message. */
export class EngineFailed extends OutsideError {
  /** Container, volume or image is not there. */
  readonly isAbsence: boolean;
  /** What the client printed, without our words. */
  readonly printed: string;
  /** It was ended since it took too long. */
  readonly isOverdue: boolean;

  constructor(what: string, printed: string, { isOverdue = false } = {}) {
    super(`docker ${what} failed${printed === '' ? '.' : `: ${printed}`}`, { retryable: true });
    this.printed = printed;
    this.isOverdue = isOverdue;
    this.isAbsence = isAbsence(printed);
  }
}

export interface EngineOptions {
  /** Of the client, which says where the engine is: `DOCKER_HOST`, `DOCKER_CONTEXT`, certificates. */
  environment: Record<string, string>;
  /** Folder for files that live as long as a call; exists, and is ours alone. */
  scratch: string;
}

export class Engine {
  readonly #options: EngineOptions;
  readonly #children = new Set<ChildProcess>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Standard output of a call that ended well. @throws EngineFailed */
  async run(args: string[], call: EngineCall = {}): Promise<string> {
    const { variables = {}, input, timeoutMs = CALL_TIMEOUT_MS, withErrors = false } = call;
    const { environment, scratch } = this.#options;
    const given = handOver(args, variables, scratch);
    const login = call.login && openLogin(call.login.image, call.login.login, environment, scratch);
    try {
      const child = this.#spawn(given.args, { ...given.environment, ...login?.environment });
      let isOverdue = false;
      const timer = setTimeout(() => {
        isOverdue = true;
        child.kill('SIGKILL');
      }, timeoutMs);
      const { code, output, errors } = await resultOf(child, input).finally(() => clearTimeout(timer));
      if (code === 0) return (withErrors ? output + errors : output).trimEnd();
      const problem = isOverdue ? `it took longer than ${timeoutMs / 1_000} s` : errors;
      throw new EngineFailed(args[0] ?? '', problem.trim().slice(-MAX_ERROR), { isOverdue });
    } finally {
      login?.close();
      given.close();
    }
  }

  /** The same for a call that prints a JSON value a line. */
  async lines<T>(args: string[]): Promise<T[]> {
    const printed = await this.run(args);
    return printed === '' ? [] : printed.split('\n').map((line) => JSON.parse(line) as T);
  }

  /**
   * Follows a call that prints a JSON value a line for as long as the engine lives.
   * @param ended called once, when it is over by itself
   */
  follow(args: string[], onValue: (value: unknown) => void, ended: () => void): { close(): Promise<void> } {
    const child = this.#spawn(args, {});
    const exited = new Promise<void>((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    child.stderr?.resume();
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => parse(line, onValue));
    let isClosed = false;
    void exited.then(() => {
      if (!isClosed) ended();
    });
    return {
      async close() {
        isClosed = true;
        child.kill('SIGKILL');
        await exited;
      },
    };
  }

  /** Ends calls that are under way: what they would have made is found by the next fleet. */
  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #spawn(args: string[], environment: Record<string, string>): ChildProcess {
    // In a group of its own: a Ctrl-C at the terminal of the fleet must not end a call in its middle.
    const child = spawn('docker', args, {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...this.#options.environment, ...environment },
    });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }
}

interface Result {
  code: number | null;
  output: string;
  errors: string;
}

async function resultOf(child: ChildProcess, input: Buffer | undefined): Promise<Result> {
  const chunks = { output: [] as Buffer[], errors: [] as Buffer[] };
  let size = 0;
  const take = (into: Buffer[]) => (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_OUTPUT) child.kill('SIGKILL');
    else into.push(chunk);
  };
  child.stdout?.on('data', take(chunks.output));
  child.stderr?.on('data', take(chunks.errors));
  // It may end without reading.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const closed = once(child, 'close').catch((error: unknown) => {
    throw new OutsideError(`The program docker cannot be started: ${String(error)}.`, {
      retryable: true,
      code: 'backend-away',
      cause: error,
    });
  });
  const [code] = (await closed) as [number | null];
  const text = (parts: Buffer[]): string => Buffer.concat(parts).toString('utf8');
  return { code, output: text(chunks.output), errors: text(chunks.errors) };
}

function parse(line: string, onValue: (value: unknown) => void): void {
  try {
    onValue(JSON.parse(line));
  } catch {
    // A line that was cut when the engine ended.
  }
}
