import type { LogPage } from '../../protocol/dashboard/index.ts';
import { type LogLine, parseLogLine } from './parse-line.ts';

/** Lines per chunk, and per request while scrolling. */
const chunkSize = 1000;
/** Lines per request when everything is needed; the API's largest page. */
const bulkSize = 5000;
const maxRequests = 4;
/** Changes are told at most so often; a fast job writes thousands of lines a second. */
const noticeMs = 80;
/** Pause before asking again for lines that were announced but are not there yet. */
const againMs = 1000;

export type ReadLogPage = (step: number, from: number, limit: number) => Promise<LogPage>;

interface StepLog {
  total: number;
  /** The server has said that `total` is final. */
  isComplete: boolean;
  /** By chunk number; a chunk may have holes. */
  chunks: Map<number, (LogLine | undefined)[]>;
}

/**
 * The log lines of a job that this page knows: read by range when they come into view, and appended by the live feed.
 * Lines are numbered from 1.
 */
export class LogStore {
  readonly #readPage: ReadLogPage;
  readonly #steps = new Map<number, StepLog>();
  readonly #reading = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #notice: ReturnType<typeof setTimeout> | undefined;
  #version = 0;
  #failure: Error | undefined;

  constructor(readPage: ReadLogPage) {
    this.#readPage = readPage;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Grows with every change. */
  readonly version = (): number => this.#version;

  /** Why lines could not be read; nothing more is read until `retry`. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  retry(): void {
    if (!this.#failure) return;
    this.#failure = undefined;
    this.#changed();
  }

  total(step: number): number {
    return this.#steps.get(step)?.total ?? 0;
  }

  line(step: number, line: number): LogLine | undefined {
    return this.#steps.get(step)?.chunks.get(chunkOf(line))?.[(line - 1) % chunkSize];
  }

  /** The step has at least so many lines; what is not read yet is read when it is looked at. */
  grow(step: number, total: number): void {
    const log = this.#step(step);
    if (total <= log.total || log.isComplete) return;
    log.total = total;
    this.#changed();
  }

  /** Lines that came over the live feed or from a page; known ones are written again. */
  put(step: number, from: number, lines: readonly string[]): void {
    const log = this.#step(step);
    for (const [index, raw] of lines.entries()) {
      const line = from + index;
      const chunk = log.chunks.get(chunkOf(line)) ?? [];
      log.chunks.set(chunkOf(line), chunk);
      chunk[(line - 1) % chunkSize] ??= parseLogLine(raw);
    }
    log.total = Math.max(log.total, from + lines.length - 1);
    this.#changed();
  }

  /** Starts reading the unknown lines of `from`..`to`, a few requests at a time: call again after each change. */
  ensure(step: number, from: number, to: number): void {
    const last = Math.min(to, this.total(step));
    for (let chunk = chunkOf(from); chunk <= chunkOf(last); chunk++) {
      const missing = this.#firstMissing(step, chunk);
      if (missing !== undefined) void this.#read(step, missing, (chunk + 1) * chunkSize - missing + 1);
    }
  }

  /** Reads a first page of a step whose number of lines is not known. */
  probe(step: number): void {
    if (this.total(step) === 0) void this.#read(step, 1, chunkSize);
  }

  /** Reads everything that is not known yet. */
  async loadAll(steps: readonly number[], signal: AbortSignal): Promise<void> {
    for (const step of steps) {
      for (let from = 1; from <= this.total(step) && !signal.aborted && !this.#failure; from += bulkSize) {
        const chunks = Array.from({ length: bulkSize / chunkSize }, (_, index) => chunkOf(from) + index);
        const isMissing = chunks.some((chunk) => this.#firstMissing(step, chunk) !== undefined);
        if (isMissing) await this.#fetch(step, from, bulkSize);
      }
    }
  }

  /**
   * Last line of the group that starts at `start`: its `##[endgroup]`, or the line before the next group (groups do not
   * nest). Ends at the first line that is not known, too, and at the end of the log.
   */
  groupEnd(step: number, start: number): number {
    const total = this.total(step);
    for (let line = start + 1; line <= total; line++) {
      const kind = this.line(step, line)?.kind;
      if (kind === 'endgroup') return line;
      if (kind === 'group' || kind === undefined) return line - 1;
    }
    return total;
  }

  /** Reads on until the end of the group is known. */
  async loadGroup(step: number, start: number): Promise<void> {
    for (let isFurther = true; isFurther; ) {
      const next = this.groupEnd(step, start) + 1;
      if (next > this.total(step) || this.line(step, next)) return;
      isFurther = await this.#fetch(step, next, chunkSize);
    }
  }

  #step(step: number): StepLog {
    const known = this.#steps.get(step);
    if (known) return known;
    const log: StepLog = { total: 0, isComplete: false, chunks: new Map() };
    this.#steps.set(step, log);
    return log;
  }

  #firstMissing(step: number, chunk: number): number | undefined {
    const last = Math.min((chunk + 1) * chunkSize, this.total(step));
    for (let line = chunk * chunkSize + 1; line <= last; line++) {
      if (!this.line(step, line)) return line;
    }
    return undefined;
  }

  async #read(step: number, from: number, limit: number): Promise<void> {
    const key = `${step}:${chunkOf(from)}`;
    if (this.#reading.has(key) || this.#reading.size >= maxRequests || this.#failure) return;
    this.#reading.add(key);
    const isFurther = await this.#fetch(step, from, limit);
    if (!isFurther && !this.#failure) await new Promise((resolve) => setTimeout(resolve, againMs));
    this.#reading.delete(key);
    this.#changed();
  }

  /** Whether it brought anything. */
  async #fetch(step: number, from: number, limit: number): Promise<boolean> {
    try {
      const page = await this.#readPage(step, from, limit);
      this.put(step, page.from, page.lines);
      this.grow(step, page.total);
      if (page.complete) this.#complete(step, page.total);
      return page.lines.length > 0;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#changed();
      return false;
    }
  }

  /** What the server has in the end counts, also when more was announced. */
  #complete(step: number, total: number): void {
    const log = this.#step(step);
    log.isComplete = true;
    log.total = total;
  }

  #changed(): void {
    if (this.#notice !== undefined) return;
    this.#notice = setTimeout(() => {
      this.#notice = undefined;
      this.#version++;
      for (const listener of this.#listeners) listener();
    }, noticeMs);
  }
}

const chunkOf = (line: number): number => Math.floor((line - 1) / chunkSize);
