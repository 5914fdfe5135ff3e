import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { logTime } from '../../protocol/runner/log-line.ts';
import type { Masks } from '../masks.ts';
import type { Feed } from './feed.ts';
import { LogFile } from './log-file.ts';
import { LogUpload } from './log-upload.ts';
import type { ResultsClient } from './results-client.ts';
import type { ResultsQueue } from './results-queue.ts';
import type { StepRecord } from './step-record.ts';

/** Where a step's log lines go; the sink applies the masks. */
export interface LineSink {
  write(lines: string[]): void;
}

/** The job's log and the log of each step: on disk, to the live console, and to the results service. */
export class JobLogs {
  readonly #folder: string;
  readonly #masks: Masks;
  readonly #feed: Feed | undefined;
  readonly #client: ResultsClient | undefined;
  readonly #queue: ResultsQueue | undefined;
  readonly #job: LogFile;
  readonly #jobUpload: LogUpload | undefined;

  /** @param folder is emptied; holds the files until they are uploaded */
  constructor(folder: string, masks: Masks, services: { feed?: Feed; client?: ResultsClient; queue?: ResultsQueue }) {
    // A worker that was killed may have left its files.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#masks = masks;
    this.#feed = services.feed;
    this.#client = services.client;
    this.#queue = services.queue;
    this.#job = new LogFile(join(folder, 'job.log'));
    this.#jobUpload = this.#client && new LogUpload(this.#client, this.#job, undefined);
  }

  openStep(record: StepRecord): StepLog {
    const file = new LogFile(join(this.#folder, `${record.number}-${record.id}.log`));
    const upload = this.#client && new LogUpload(this.#client, file, record.id);
    return new StepLog(
      record,
      (lines, startLine) => {
        const stamped = this.#stamped(lines);
        const text = `${stamped.join('\n')}\n`;
        file.append(text, stamped.length);
        this.#job.append(text, stamped.length);
        this.#feed?.push(record.id, startLine, stamped);
        upload?.grow();
        this.#jobUpload?.grow();
      },
      () => this.#deliver(`the log of step ${record.number}`, file, upload),
    );
  }

  /** Hands the job's own log to the upload; no step may write after this. */
  close(): void {
    this.#deliver('the log of the job', this.#job, this.#jobUpload);
  }

  #deliver(what: string, file: LogFile, upload: LogUpload | undefined): void {
    file.close();
    if (upload && this.#queue) this.#queue.add(what, () => upload.finish().finally(() => file.remove()));
    else file.remove();
  }

  #stamped(lines: string[]): string[] {
    const stamp = logTime(Date.now());
    return lines.map((line) => `${stamp} ${this.#masks.apply(line)}`);
  }
}

export class StepLog implements LineSink {
  readonly #record: StepRecord;
  readonly #write: (lines: string[], startLine: number) => void;
  readonly #finish: () => void;
  #isClosed = false;

  constructor(record: StepRecord, write: (lines: string[], startLine: number) => void, finish: () => void) {
    this.#record = record;
    this.#write = write;
    this.#finish = finish;
  }

  write(lines: string[]): void {
    if (this.#isClosed || lines.length === 0) return;
    this.#write(lines, this.#record.lineCount + 1);
    this.#record.lineCount += lines.length;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#finish();
  }
}
