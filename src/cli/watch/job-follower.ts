import { sleep } from '../../common/clock.ts';
import type { Job, LogPage, Step } from '../../protocol/dashboard/index.ts';
import type { ServerClient } from '../client/server-client.ts';
import type { JobEvent, StepEvent, WatchEvent } from './events.ts';

/** How long the log of an ended job may still be incomplete: its last upload races with its end. */
const LATE_LOG_MS = 3000;
const LATE_LOG_STEP_MS = 50;

/**
 * Turns the states of one job into events: each change once, and a step's lines before its end. Everything passes one
 * queue, so that events keep their order although lines and states come on different streams.
 */
export class JobFollower {
  readonly #client: ServerClient;
  readonly #emit: (event: WatchEvent) => void;
  readonly #withLogs: boolean;
  readonly #signal: AbortSignal;
  readonly #shown = new Map<string, string>();
  /** Per step: the first line that was not emitted yet. */
  readonly #nextLine = new Map<number, number>();
  #queue: Promise<void> = Promise.resolve();
  #liveLog: Promise<void> | undefined;
  readonly #liveLogStop = new AbortController();

  constructor(
    client: ServerClient,
    options: { emit: (event: WatchEvent) => void; withLogs: boolean; signal: AbortSignal },
  ) {
    this.#client = client;
    this.#emit = options.emit;
    this.#withLogs = options.withLogs;
    this.#signal = options.signal;
  }

  update(job: Job): void {
    if (this.#withLogs && job.status === 'in_progress') this.#liveLog ??= this.#followLog(job);
    this.#enqueue(() => this.#showJob(job));
  }

  /** Resolves when all that was told so far has been emitted. */
  async settled(): Promise<void> {
    await this.#queue;
    this.#liveLogStop.abort();
    await this.#liveLog;
    await this.#queue;
  }

  #enqueue(task: () => Promise<void>): void {
    this.#queue = this.#queue.then(task).catch((error: unknown) => {
      if (!this.#signal.aborted) throw error;
    });
    // Whoever calls settled() gets the failure; without this line Node ends the program before that.
    this.#queue.catch(() => {});
  }

  async #showJob(job: Job): Promise<void> {
    const isOver = job.status === 'completed';
    if (!isOver) this.#showIfNew('job', jobEvent(job));
    for (const step of job.steps) await this.#showStep(job, step);
    if (isOver) this.#showIfNew('job', jobEvent(job));
  }

  async #showStep(job: Job, step: Step): Promise<void> {
    if (step.status !== 'in_progress' && step.status !== 'completed') return;
    const key = stepKey(step.number);
    if (this.#withLogs && step.conclusion !== 'skipped') {
      const begun: Step = { ...step, status: 'in_progress', conclusion: null, completedAt: null };
      const isNew = !this.#shown.has(key);
      if (isNew) this.#showIfNew(key, stepEvent(job, begun));
      const isOver = step.status === 'completed';
      if (isNew || isOver) await this.#readLog(job, step.number, job.status === 'completed' ? LATE_LOG_MS : 0);
    }
    this.#showIfNew(key, stepEvent(job, step));
  }

  #showIfNew(key: string, event: JobEvent | StepEvent): void {
    const text = JSON.stringify(event);
    if (this.#shown.get(key) === text) return;
    this.#shown.set(key, text);
    this.#emit(event);
  }

  async #followLog(job: Job): Promise<void> {
    const signal = AbortSignal.any([this.#signal, this.#liveLogStop.signal]);
    try {
      for await (const event of await this.#client.events({ job: job.id }, signal)) {
        if (event.name === 'log') this.#enqueue(() => this.#showLines(job, event.value));
      }
    } catch {
      // A broken stream loses nothing: the whole log is read when a step ends.
    }
  }

  async #showLines(job: Job, { step, from, lines }: { step: number; from: number; lines: string[] }): Promise<void> {
    // Its beginning is told first; that reads what was written until then.
    if (!this.#shown.has(stepKey(step))) return;
    if (from > this.#next(step)) await this.#readLog(job, step, 0);
    const next = this.#next(step);
    // Lines that never arrived and cannot be read yet: the log is read whole when the step ends.
    if (from > next) return;
    for (const line of lines.slice(next - from)) this.#emitLine(job, step, line);
  }

  async #readLog(job: Job, step: number, lateMs: number): Promise<void> {
    const deadline = Date.now() + lateMs;
    for (;;) {
      const page = await this.#client.log(job.id, step, this.#next(step));
      this.#emitPage(job, step, page);
      if (page.lines.length > 0 && this.#next(step) <= page.total) continue;
      if (page.complete || Date.now() >= deadline) return;
      await sleep(LATE_LOG_STEP_MS, this.#signal);
    }
  }

  #emitPage(job: Job, step: number, page: LogPage): void {
    for (const [index, line] of page.lines.entries()) {
      if (page.from + index === this.#next(step)) this.#emitLine(job, step, line);
    }
  }

  #emitLine(job: Job, step: number, raw: string): void {
    const line = this.#next(step);
    this.#nextLine.set(step, line + 1);
    const [, time = null, text = raw] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ?([\s\S]*)$/.exec(raw) ?? [];
    this.#emit({ type: 'log', runId: job.runId, jobId: job.id, step, line, time, text });
  }

  #next(step: number): number {
    return this.#nextLine.get(step) ?? 1;
  }
}

const stepKey = (number: number): string => `step ${number}`;

function jobEvent(job: Job): JobEvent {
  const { id, runId, key, name, labels, status, conclusion, reason, startedAt, completedAt, annotations } = job;
  const runner = job.runner?.name ?? null;
  return {
    type: 'job',
    id,
    runId,
    key,
    name,
    labels,
    status,
    conclusion,
    runner,
    reason,
    startedAt,
    completedAt,
    annotations,
  };
}

function stepEvent(job: Job, step: Step): StepEvent {
  const { number, name, status, conclusion, startedAt, completedAt } = step;
  return { type: 'step', runId: job.runId, jobId: job.id, number, name, status, conclusion, startedAt, completedAt };
}
