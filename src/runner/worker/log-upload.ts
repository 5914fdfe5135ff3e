import { persist } from '../retries.ts';
import type { LogFile } from './log-file.ts';
import type { ResultsClient } from './results-client.ts';

/** Logs up to this size are one block (runner-protocol 8.2). */
export const BLOCK_BYTES = 2 * 1024 * 1024;
/** How long an upload is repeated while the server is away. */
const UPLOAD_MS = 15 * 60_000;

/**
 * Uploads a log while it grows, so that a long step needs no long upload at its end. Calls run one after the other;
 * the first that fails for good ends the upload, and `finish` throws its error.
 */
export class LogUpload {
  readonly #client: ResultsClient;
  readonly #file: LogFile;
  readonly #stepId: string | undefined;
  #chain: Promise<void> = Promise.resolve();
  /** Bytes handed to the chain as blocks. */
  #queued = 0;

  /** @param stepId undefined means the job's own log */
  constructor(client: ResultsClient, file: LogFile, stepId: string | undefined) {
    this.#client = client;
    this.#file = file;
    this.#stepId = stepId;
  }

  /** To be called after the file has grown. */
  grow(): void {
    while (this.#file.size - this.#queued > BLOCK_BYTES) this.#queueBlock(BLOCK_BYTES);
  }

  /** Uploads the rest of the closed file and tells the service how many lines it has. */
  async finish(): Promise<void> {
    if (this.#queued === 0 && this.#file.size <= BLOCK_BYTES) this.#queue((url) => this.#putWhole(url));
    else {
      this.grow();
      if (this.#file.size > this.#queued) this.#queueBlock(this.#file.size - this.#queued);
      this.#queue((url) => this.#client.sealBlob(url));
    }
    await this.#chain;
    await persist(() => this.#client.logsUploaded(this.#stepId, this.#file.lineCount), UPLOAD_MS);
  }

  async #putWhole(url: string): Promise<void> {
    await this.#client.putBlob(url, await this.#file.read(0, this.#file.size));
  }

  #queueBlock(length: number): void {
    const position = this.#queued;
    if (position === 0) this.#queue((url) => this.#client.createAppendBlob(url));
    this.#queued += length;
    this.#queue(async (url) => this.#client.appendBlock(url, await this.#file.read(position, length), position));
  }

  /** A signed URL may expire during a long step, so each call asks for its own. */
  #queue(call: (url: string) => Promise<void>): void {
    this.#chain = this.#chain.then(() =>
      persist(async () => call(await this.#client.logsUrl(this.#stepId)), UPLOAD_MS),
    );
    this.#chain.catch(() => undefined);
  }
}
