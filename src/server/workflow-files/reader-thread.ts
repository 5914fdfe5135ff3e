import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { builtProgram } from '../../common/package.ts';
import type { Workflow, WorkflowSource } from '../../workflow/index.ts';
import { fromPieces } from './pieces.ts';

export interface ReaderThreadOptions {
  /** For one file; the worst that are known take about a second of a core. */
  timeLimitMs?: number;
  /** How long the thread, with some 40 MiB, outlives its last file. */
  idleMs?: number;
}

const TIME_LIMIT_MS = 20_000;
const IDLE_MS = 60_000;
/** Ten times what the largest file needs. */
const MEMORY_MIB = 1024;

/**
 * A thread that reads the workflow files that are not quick to read, one after the other. It is started for the first
 * one, and ends by itself. A file that takes too long, or too much memory, ends it too: the next file gets a new one.
 */
export class ReaderThread {
  readonly #timeLimitMs: number;
  readonly #idleMs: number;
  #worker: Worker | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** The last file that waits or is read. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor({ timeLimitMs = TIME_LIMIT_MS, idleMs = IDLE_MS }: ReaderThreadOptions = {}) {
    this.#timeLimitMs = timeLimitMs;
    this.#idleMs = idleMs;
  }

  /** @returns a sentence instead of a workflow when the file took too long, or the thread did not survive it */
  read(source: WorkflowSource): Promise<Workflow | string> {
    const workflow = this.#last.then(() => this.#readNext(source));
    this.#last = workflow.catch(() => {});
    return workflow;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  async #readNext(source: WorkflowSource): Promise<Workflow | string> {
    if (this.#isClosed) throw new Error('the reader of workflow files is closed');
    clearTimeout(this.#idleTimer);
    this.#worker ??= this.#start();
    const answer = await answerOf(this.#worker, source, this.#timeLimitMs);
    if (typeof answer === 'string') {
      await this.#end();
      return answer;
    }
    this.#idleTimer = setTimeout(() => void this.#end(), this.#idleMs).unref();
    return fromPieces(answer, () => nextTurn());
  }

  #start(): Worker {
    const worker = new Worker(builtProgram('workflow-reader.cjs'), {
      name: 'workflow-reader',
      // It needs nothing of ours, secrets least of all.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
    });
    worker.unref();
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** The pieces of the workflow, or a sentence that says why there are none. */
function answerOf(worker: Worker, source: WorkflowSource, timeLimitMs: number): Promise<Uint8Array[] | string> {
  return new Promise((resolve) => {
    const finish = (answer: Uint8Array[] | string): void => {
      clearTimeout(timer);
      worker.off('message', finish).off('error', onError).off('exit', onExit);
      resolve(answer);
    };
    const onError = (error: Error): void => finish(`The file cannot be read: ${error.message}`);
    const onExit = (): void => finish('The file cannot be read: what read it has ended');
    const timer = setTimeout(() => finish(`The file takes longer than ${timeLimitMs / 1000} s to read`), timeLimitMs);
    worker.on('message', finish).on('error', onError).on('exit', onExit);
    worker.postMessage(source);
  });
}
