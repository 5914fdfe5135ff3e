/** Step updates, logs and summaries on their way to the results service. Nothing in here makes a step wait. */
import { backOffMs } from '../../common/back-off.ts';
import { sleep } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import { isRetryable, persist, SERVER_BACK_OFF } from '../retries.ts';
import type { ResultsClient } from './results-client.ts';
import type { StepRecord } from './step-record.ts';

/** The first change is sent at once, later ones are gathered for this long. */
const UPDATE_INTERVAL_MS = 100;
const UPLOAD_MS = 15 * 60_000;

export class ResultsQueue {
  readonly #client: ResultsClient;
  readonly #note: (line: string) => void;
  readonly #changed = new Map<string, StepRecord>();
  readonly #tasks = new Set<Promise<void>>();
  #sending: Promise<void> | undefined;
  #changeOrder = 0;
  /** Aborted once the job is over: then nothing is gathered any more. */
  readonly #hurry = new AbortController();

  /** @param note takes what could not be delivered: results are best effort, the job goes on */
  constructor(client: ResultsClient, note: (line: string) => void) {
    this.#client = client;
    this.#note = note;
  }

  stepChanged(...records: StepRecord[]): void {
    for (const record of records) this.#changed.set(record.id, record);
    this.#sending ??= this.#sendUpdates().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Runs an upload in the background. */
  add(what: string, upload: () => Promise<void>): void {
    const task = upload().catch((error: unknown) => this.#note(`${what} was lost: ${errorText(error)}`));
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  /** @param zip of lines that are masked */
  uploadDiagnostics(zip: Buffer): void {
    this.add('the diagnostic log', () =>
      persist(async () => this.#client.putBlob(await this.#client.diagnosticsUrl(), zip), UPLOAD_MS),
    );
  }

  /** @param markdown already masked */
  uploadSummary(stepId: string, markdown: Buffer): void {
    this.add(`the summary of step ${stepId}`, async () => {
      await persist(async () => {
        const { url } = await this.#client.summaryUrl(stepId);
        await this.#client.putBlob(url, markdown);
      }, UPLOAD_MS);
      await persist(() => this.#client.summaryUploaded(stepId, markdown.length), UPLOAD_MS);
    });
  }

  /** Resolves when everything that was handed in has been delivered or given up. */
  async drain(): Promise<void> {
    this.#hurry.abort();
    while (this.#tasks.size > 0 || this.#sending) await Promise.all([...this.#tasks, this.#sending]);
  }

  async #sendUpdates(): Promise<void> {
    // Changes of the same turn belong into one call.
    await Promise.resolve();
    for (let failures = 0; this.#changed.size > 0; ) {
      const records = [...this.#changed.values()];
      this.#changed.clear();
      try {
        await this.#client.updateSteps(
          records.map((record) => record.toUpdate()),
          ++this.#changeOrder,
        );
        failures = 0;
        if (this.#changed.size > 0) await sleep(UPDATE_INTERVAL_MS, this.#hurry.signal);
      } catch (error) {
        if (!isRetryable(error)) this.#note(`a step update was lost: ${errorText(error)}`);
        else for (const record of records) this.#changed.set(record.id, record);
        await sleep(backOffMs(failures++, SERVER_BACK_OFF));
      }
    }
  }
}
