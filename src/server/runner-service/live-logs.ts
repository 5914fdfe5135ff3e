import { rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrorCode } from '../../common/errors.ts';
import { LogSpool } from './log-spool.ts';

/** Lines of a step as they came over the feed. `lines[0]` is line number `from`. */
export interface LiveLines {
  stepId: string;
  from: number;
  lines: string[];
}

/** Spools that are kept open, each with a file descriptor. Others are opened again when they are needed. */
const OPEN_SPOOLS = 200;
/** A step sends its lines in order; a greater leap than this is not believed. */
const MAX_GAP = 1_000_000;
/** The feed cuts lines at 1024 characters; this is room for a client that does not. */
const MAX_LINE_LENGTH = 8_192;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The lines of steps whose log is not in its blob yet: in a file per step, so that memory stays small whatever a step
 * prints, and so that they outlive the server and also the job that was lost in the middle.
 */
export class LiveLogs {
  readonly #root: string;
  readonly #spools = new Map<string, LogSpool>();
  readonly #subscribers = new Map<number, Set<(lines: LiveLines) => void>>();

  constructor(dataFolder: string) {
    this.#root = join(dataFolder, 'live');
  }

  /**
   * Takes the lines of one message. What is there already is left out, what is missing in between is marked, so that
   * line numbers stay true.
   * @param startLine number of `lines[0]`, from 1; without it they follow the last line
   */
  append(jobId: number, stepId: string, startLine: number | undefined, lines: string[]): void {
    if (!GUID.test(stepId) || lines.length === 0) return;
    const spool = this.#open(jobId, stepId);
    const next = spool.total + 1;
    const from = startLine ?? next;
    if (from - next > MAX_GAP) return;
    const fresh = from < next ? lines.slice(next - from) : [...missing(from - next), ...lines];
    if (fresh.length === 0) return;
    const clean = fresh.map(cleanLine);
    if (!spool.append(clean)) return;
    for (const tell of this.#subscribers.get(jobId) ?? [])
      tell({ stepId: stepId.toLowerCase(), from: next, lines: clean });
  }

  /** Lines known of a step; 0 when there is no spool. */
  total(jobId: number, stepId: string): number {
    return this.#existing(jobId, stepId)?.total ?? 0;
  }

  /** Up to `limit` lines from line number `from`. */
  read(jobId: number, stepId: string, from: number, limit: number): { lines: string[]; total: number } {
    const spool = this.#existing(jobId, stepId);
    return spool ? { lines: spool.read(from, limit), total: spool.total } : { lines: [], total: 0 };
  }

  /** Called with every batch of new lines of the job. @returns ends it */
  subscribe(jobId: number, listener: (lines: LiveLines) => void): () => void {
    const listeners = this.#subscribers.get(jobId) ?? new Set();
    this.#subscribers.set(jobId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#subscribers.delete(jobId);
    };
  }

  /** The step's whole log is in its blob: the spool has done its work, and with the job's last one its folder. */
  async drop(jobId: number, stepId: string): Promise<void> {
    if (!GUID.test(stepId)) return;
    const file = this.#file(jobId, stepId);
    this.#spools.get(file)?.close();
    this.#spools.delete(file);
    await rm(file, { force: true });
    removeEmptyFolder(dirname(file));
  }

  async close(): Promise<void> {
    for (const spool of this.#spools.values()) spool.close();
    this.#spools.clear();
    this.#subscribers.clear();
  }

  #file(jobId: number, stepId: string): string {
    return join(this.#root, String(jobId), `${stepId.toLowerCase()}.log`);
  }

  #existing(jobId: number, stepId: string): LogSpool | undefined {
    if (!GUID.test(stepId)) return undefined;
    const file = this.#file(jobId, stepId);
    return this.#spools.has(file) || LogSpool.exists(file) ? this.#open(jobId, stepId) : undefined;
  }

  /** The most recently used come last. */
  #open(jobId: number, stepId: string): LogSpool {
    const file = this.#file(jobId, stepId);
    const spool = this.#spools.get(file) ?? new LogSpool(file);
    this.#spools.delete(file);
    this.#spools.set(file, spool);
    if (this.#spools.size > OPEN_SPOOLS) this.#closeOldest();
    return spool;
  }

  #closeOldest(): void {
    for (const [file, spool] of this.#spools) {
      spool.close();
      this.#spools.delete(file);
      return;
    }
  }
}

/**
 * Keeps one that holds spools of other steps. Synchronous like the opening of a spool: it must not come between the
 * making of the folder and that of the file in it.
 */
function removeEmptyFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].some((code) => hasErrorCode(error, code))) throw error;
  }
}

/** The backlog of the runner's feed is limited, and lines are lost in between (runner-protocol 8.5). */
function missing(count: number): string[] {
  if (count === 0) return [];
  const lines = new Array<string>(count).fill('');
  lines[0] = `(${count} lines did not arrive live; they are in the log once the step ends)`;
  return lines;
}

function cleanLine(line: string): string {
  const text = line.length > MAX_LINE_LENGTH ? line.slice(0, MAX_LINE_LENGTH) : line;
  return text.includes('\n') ? text.replaceAll('\n', ' ') : text;
}
