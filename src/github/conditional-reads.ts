import type { z } from 'zod';
import { BoundedMap } from '../common/bounded-map.ts';
import type { GitHubClient } from './client.ts';
import { type Entries, readPages } from './pages.ts';

/** Answers that are kept at most. Shapes should take only the fields that are used: they are what is kept. */
const KEPT_ANSWERS = 5_000;

/** GETs that cost nothing of the rate limit while nothing has changed (on-demand-runners 4.6). */
export class ConditionalReads {
  readonly #client: GitHubClient;
  readonly #answers = new BoundedMap<string, { etag: string; body: unknown }>(KEPT_ANSWERS);

  #paid = 0;

  constructor(client: GitHubClient) {
    this.#client = client;
  }

  /** How many reads have cost something of the rate limit. */
  get paid(): number {
    return this.#paid;
  }

  /**
   * @param shape always the same one for a path
   * @throws OutsideError as `GitHubClient.request` does
   */
  async read<T>(shape: z.ZodType<T>, path: string, signal?: AbortSignal): Promise<T> {
    const known = this.#answers.get(path);
    const answer = await this.#client.requestChanged(shape, { path, etag: known?.etag }, signal);
    if (answer === 'unchanged') return known?.body as T;
    this.#paid++;
    if (answer.etag) this.#answers.set(path, { etag: answer.etag, body: answer.body });
    else this.#answers.delete(path);
    return answer.body;
  }

  /** Every entry of a list that comes in pages, each page read as `read` does. */
  pages<Page, Entry>(
    shape: z.ZodType<Page>,
    path: string,
    entries: Entries<Page, Entry>,
    signal?: AbortSignal,
  ): Promise<Entry[]> {
    return readPages((page) => this.read(shape, page, signal), path, entries);
  }
}

const shared = new WeakMap<GitHubClient, ConditionalReads>();

/** Those of the client that all share who need not know what theirs cost. */
export function conditionalReads(client: GitHubClient): ConditionalReads {
  const reads = shared.get(client) ?? new ConditionalReads(client);
  shared.set(client, reads);
  return reads;
}
