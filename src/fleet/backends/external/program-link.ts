import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { backOffMs } from '../../../common/back-off.ts';
import { type Clock, sleep } from '../../../common/clock.ts';
import { errorText, OutsideError } from '../../../common/errors.ts';
import type { Logger } from '../../../common/log.ts';
import { sendSignal } from '../../../common/send-signal.ts';
import { lastLines } from '../instance-folder.ts';
import {
  type Answer,
  type ExitEvent,
  Hello,
  MAX_LINE,
  type Method,
  PROTOCOL_VERSION,
  ProgramLine,
} from './protocol.ts';

/** A program that is a backend. */
export interface ProgramOptions {
  /** What objects call the backend. */
  name: string;
  /** Absolute path of an executable. */
  program: string;
  /** Of the program. */
  environment: Record<string, string>;
  /** The program's current folder, and where it may keep what it needs; the backend makes it, with mode 700. */
  stateFolder: string;
  clock: Clock;
  logger: Logger;
}

export interface ProgramLinkOptions extends ProgramOptions {
  onExit: (event: ExitEvent) => void;
  /** It was away and is back: what happened meanwhile has to be looked for. */
  onReturn: () => void;
}

interface Pending {
  method: Method;
  resolve(result: unknown): void;
  reject(error: OutsideError): void;
  cancelTimeout(): void;
}

const HELLO_TIMEOUT_MS = 10_000;
/** From being asked to end until it is killed. */
const END_GRACE_MS = 5_000;
const RESTARTS = { firstMs: 500, maxMs: 30_000 };
const SHOWN_GARBAGE = 200;

/** The program, started anew whenever it ends or breaks the protocol. Whatever it does, every request is answered in time. */
export class ProgramLink {
  readonly #options: ProgramLinkOptions;
  readonly #pending = new Map<number, Pending>();
  /** Requests that nobody waits for any more: their late answers are no lies. */
  readonly #givenUp = new Set<number>();
  #child: ChildProcess | undefined;
  #lastId = 0;
  #failures = 0;
  #isClosed = false;
  #cancelRestart: () => void = () => undefined;

  constructor(options: ProgramLinkOptions) {
    this.#options = options;
  }

  /** Starts the program. @throws OutsideError when it does not say hello as it should; it is not tried again then */
  async open(): Promise<Hello> {
    try {
      return await this.#begin();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** @throws OutsideError when the program says no, is away, breaks the protocol or does not answer in time */
  request(method: Method, params: Record<string, unknown>, timeoutMs: number): Promise<unknown> {
    const child = this.#child;
    if (!child) return Promise.reject(this.#problem('is being started anew', 'backend-away'));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#options.clock.after(timeoutMs, () => {
        this.#pending.delete(id);
        this.#givenUp.add(id);
        reject(this.#problem(`did not answer "${method}" in ${Math.round(timeoutMs / 1_000)} s`, 'backend-hangs'));
      });
      this.#pending.set(id, { method, resolve, reject, cancelTimeout });
      child.stdin?.write(`${JSON.stringify({ id, method, params })}\n`);
    });
  }

  /** Ends a program that cannot be relied on; it is started anew. */
  fail(problem: string): void {
    this.#broke(this.#child, problem, 'backend-lies');
  }

  /** Ends the program, which leaves running what it has started. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRestart();
    this.#rejectAll('is being closed');
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.stdin?.end();
    const inTime = new AbortController();
    void exited.then(() => inTime.abort());
    await sleep(END_GRACE_MS, inTime.signal);
    if (!inTime.signal.aborted) kill(child);
    await exited;
  }

  async #begin(): Promise<Hello> {
    const { program, environment, stateFolder } = this.#options;
    const child = spawn(program, [], {
      cwd: stateFolder,
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    this.#follow(child);
    const answer = await this.request('hello', { version: PROTOCOL_VERSION, stateFolder }, HELLO_TIMEOUT_MS);
    const hello = Hello.safeParse(answer);
    if (hello.success) return hello.data;
    const wrong = hello.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    const problem = `said hello in a way that is not understood: ${wrong.join('; ')}`;
    this.#broke(child, problem);
    throw this.#problem(problem, 'backend-lies');
  }

  #follow(child: ChildProcess): void {
    let rest = '';
    let errors = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (child === this.#child) this.#hear(child, line);
      if (rest.length > MAX_LINE)
        this.#broke(child, `printed a line of more than ${MAX_LINE} characters`, 'backend-lies');
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      errors = (errors + chunk).slice(-4_096);
    });
    // It may end without reading.
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => this.#broke(child, `cannot be started: ${error.message}`));
    child.once('close', (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
      const words = lastLines(errors);
      this.#broke(child, words === '' ? how : `${how}: ${words}`);
    });
  }

  #hear(child: ChildProcess, text: string): void {
    if (text.trim() === '') return;
    const line = parseLine(text);
    if (line === undefined)
      this.#broke(child, `printed what is no line of the protocol: ${shown(text)}`, 'backend-lies');
    else if ('event' in line) this.#options.onExit(line);
    else if (!this.#givenUp.delete(line.id)) this.#answer(child, line, text);
  }

  #answer(child: ChildProcess, line: Answer, text: string): void {
    const pending = this.#pending.get(line.id);
    if (!pending)
      return void this.#broke(child, `answered a request that was not made: ${shown(text)}`, 'backend-lies');
    this.#pending.delete(line.id);
    pending.cancelTimeout();
    if (!line.error) return void pending.resolve('result' in line ? line.result : undefined);
    const { message, retryable } = line.error;
    pending.reject(new OutsideError(`${this.#who()} says: ${shown(message)}`, { retryable }));
  }

  /** Once for a child: all who wait hear of it, and another is started. */
  #broke(child: ChildProcess | undefined, problem: string, code = 'backend-away'): void {
    if (!child || child !== this.#child) return;
    this.#child = undefined;
    kill(child);
    this.#givenUp.clear();
    this.#rejectAll(problem, code);
    if (this.#isClosed) return;
    const { clock, logger, name } = this.#options;
    const retryInMs = backOffMs(this.#failures++, RESTARTS);
    logger.warn({ backend: name, problem, retryInMs }, 'the program of a backend is started anew');
    this.#cancelRestart = clock.after(retryInMs, () => void this.#restart());
  }

  async #restart(): Promise<void> {
    try {
      await this.#begin();
      this.#failures = 0;
      this.#options.onReturn();
    } catch (error) {
      // A program that hangs in its hello has not ended by itself.
      this.fail(errorText(error));
    }
  }

  #rejectAll(problem: string, code?: string): void {
    for (const { reject, cancelTimeout } of this.#pending.values()) {
      cancelTimeout();
      reject(this.#problem(problem, code));
    }
    this.#pending.clear();
  }

  #problem(what: string, code?: string): OutsideError {
    return new OutsideError(`${this.#who()} ${what}.`, { retryable: true, code });
  }

  #who(): string {
    return `The program of the backend ${this.#options.name}`;
  }
}

function parseLine(text: string): ProgramLine | undefined {
  try {
    return ProgramLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What a program printed, harmless for terminals and of a length for people. */
function shown(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, ' ');
  return clean.length > SHOWN_GARBAGE ? `${clean.slice(0, SHOWN_GARBAGE)}…` : clean;
}

function kill({ pid }: ChildProcess): void {
  if (pid !== undefined) sendSignal(pid, 'SIGKILL');
}
