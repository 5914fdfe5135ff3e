import { backOffMs } from '../../common/back-off.ts';
import type { Clock } from '../../common/clock.ts';
import { errorText, OutsideError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { conditionalReads, type GitHubClient, readsLeft } from '../../github/index.ts';
import type { JobBook } from './job-book.ts';
import { jobNow, unfinishedJobs } from './listing.ts';
import type { PlaceClients } from './place-clients.ts';

export interface ComparerOptions {
  book: JobBook;
  clock: Clock;
  logger: Logger;
  /** The clients that may read a repository. */
  clients: PlaceClients;
  /** Whether the repository's jobs are told by messages; then comparing only repairs. */
  isPushed: (repository: string) => boolean;
}

/** Without messages, listing is all there is: as often as ARC looks (fleet-semantics 1.12). */
const POLLED_MS = 60_000;
/** With messages it only finds what was missed (on-demand-runners 4.5). */
const PUSHED_MS = 10 * 60_000;
/** A server that is restarted is back in seconds, and jobs may have ended meanwhile. */
const SERVER_BACK_OFF = { firstMs: 1_000, maxMs: POLLED_MS };
/** Changes in a burst are one comparison. */
const SOON_MS = 50;
/** REST may not know a job yet that a webhook has just told of (on-demand-runners 4.5). */
const FRESH_MS = 10_000;
/** Compares the job book with the servers' own lists: what messages missed comes in, what they left behind goes. */
export class Comparer {
  readonly #options: ComparerOptions;
  readonly #watched = new Map<string, { name: string; cancel: () => void; dueMs: number }>();
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #abort = new AbortController();

  constructor(options: ComparerOptions) {
    this.#options = options;
  }

  /** Compares these from now on, each at once when it is new, and stops for all others. */
  watch(repositories: Iterable<string>): void {
    const wanted = new Map([...repositories].map((name) => [name.toLowerCase(), name]));
    for (const [key, { cancel }] of this.#watched) {
      if (wanted.has(key)) continue;
      cancel();
      this.#watched.delete(key);
    }
    for (const [key, name] of wanted) if (!this.#watched.has(key)) this.#plan(name, 0);
  }

  /** Compares all that is watched in a moment. */
  allSoon(): void {
    for (const { name } of [...this.#watched.values()]) this.soon(name);
  }

  /** Something has happened there that messages do not tell: compares in a moment. Nothing for one not watched. */
  soon(repository: string): void {
    const watched = this.#watched.get(repository.toLowerCase());
    if (watched && watched.dueMs > this.#options.clock.now() + SOON_MS) this.#plan(watched.name, SOON_MS);
  }

  /**
   * Compares now; a comparison under way is waited for.
   * @returns false when the server did not answer
   */
  compare(repository: string): Promise<boolean> {
    const key = repository.toLowerCase();
    const running = this.#running.get(key) ?? this.#compare(repository).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    for (const { cancel } of this.#watched.values()) cancel();
    this.#watched.clear();
    await Promise.all(this.#running.values());
  }

  /** @param failures in a row before this one */
  #plan(name: string, delayMs: number, failures = 0): void {
    const key = name.toLowerCase();
    const { clock } = this.#options;
    this.#watched.get(key)?.cancel();
    const cancel = clock.after(delayMs, () => {
      void this.compare(name).then((hasAnswered) => {
        if (this.#watched.get(key)?.cancel !== cancel) return;
        if (hasAnswered) this.#plan(name, this.#pauseMs(name));
        else this.#plan(name, backOffMs(failures, SERVER_BACK_OFF), failures + 1);
      });
    });
    this.#watched.set(key, { name, cancel, dueMs: clock.now() + delayMs });
  }

  #pauseMs(name: string): number {
    return this.#options.isPushed(name) ? PUSHED_MS : POLLED_MS;
  }

  async #compare(repository: string): Promise<boolean> {
    const { book, clients, logger } = this.#options;
    try {
      await clients.ask(repository, (client) => this.#readInto(client, repository));
      return true;
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      const problem = `The jobs of ${repository} could not be read: ${sentence(error, repository)}`;
      logger.warn({ repository, problem: errorText(error) }, 'comparing jobs with the server failed');
      book.compared(repository, { problem });
      return !(error instanceof OutsideError && error.retryable && error.status === undefined);
    }
  }

  async #readInto(client: GitHubClient, repository: string): Promise<void> {
    const { book, clock } = this.#options;
    const { signal } = this.#abort;
    const reads = conditionalReads(client);
    const atMs = clock.now();
    assertBudget(client, atMs);
    const known = book.unfinished(repository);
    const { jobs: listed, emptyRuns } = await unfinishedJobs(reads, repository, atMs, signal);
    for (const fact of listed) book.note(fact);
    const ids = new Set(listed.map(({ id }) => id));
    // Not in the list: over, or just begun. Its own page says which, and nothing is dropped on a guess.
    for (const fact of known.filter(({ id }) => !ids.has(id))) {
      const now = await jobNow(reads, repository, fact.id, atMs, signal);
      const isFresh = atMs - fact.queuedAtMs < FRESH_MS;
      if (now || !isFresh) book.note(now ?? { ...fact, status: 'completed', changedAtMs: atMs });
    }
    book.compared(repository, { atMs, emptyRuns });
  }
}

/** GitHub answers 404 for both. */
const sentence = (error: unknown, repository: string): string =>
  error instanceof OutsideError && error.status === 404
    ? `The server has no repository ${repository}, or its credentials may not see it.`
    : errorText(error);

/** @throws OutsideError 429 when too little of the rate limit is left to read */
function assertBudget({ budget }: GitHubClient, nowMs: number): void {
  if (!budget || readsLeft(budget, nowMs) !== 0) return;
  const until = new Date(budget.resetAtMs).toISOString();
  const text = `${budget.remaining} of ${budget.limit} calls are left until ${until}, which are kept for starting runners.`;
  throw new OutsideError(text, { retryable: true, status: 429 });
}
