import { backOffMs } from '../../common/back-off.ts';
import { type Clock, isoTime } from '../../common/clock.ts';
import { errorText, OutsideError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { GitHubClient } from '../../github/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Database } from '../../store/database.ts';
import {
  addMirrorDelivery,
  allMirrors,
  delayMirrorDeliveries,
  deleteMirrorDelivery,
  findMirror,
  type MirrorDeliveryRow,
  type MirrorRow,
  type MirrorStatusRow,
  mirrorDeliveries,
  noteMirror,
  noteStatus,
  untoldStatuses,
} from '../../store/mirrors.ts';
import { findRepositoryById, type RepositoryRow } from '../../store/repositories.ts';
import type { ServerKeys } from '../auth/keys.ts';
import type { Announce } from '../engine/news.ts';
import { Waker } from '../events/waker.ts';
import type { GitRepositories } from '../git/repositories.ts';
import { fetchOriginal } from './fetch.ts';
import { noteRun } from './status-reports.ts';

const BACK_OFF = { firstMs: 10_000, maxMs: 3_600_000 };
/** About five hours; GitHub's own list of deliveries still has what is given up. */
const MAX_TRIES = 12;

export interface MirrorsOptions {
  db: Database;
  git: GitRepositories;
  keys: ServerKeys;
  clock: Clock;
  logger: Logger;
  publicUrl: () => string;
  /** The webhook counts now: the mirror has what it tells of. */
  accept: (delivery: {
    id: string;
    event: string;
    actor: string;
    payload: Record<string, Json>;
    repository: RepositoryRow;
  }) => Promise<void>;
  /** Branches may have moved. */
  moved: (repository: RepositoryRow) => Promise<void>;
}

/**
 * Repositories whose original is on another GitHub. A webhook of the original is stored, the mirror is brought up to
 * date, and only then the webhook counts; the original is told of runs by commit statuses. What a stop of the server
 * interrupts is done at the next start.
 */
export class Mirrors {
  readonly #options: MirrorsOptions;
  readonly #deliveries: Waker;
  readonly #statuses: Waker;
  readonly #closing = new AbortController();
  /** Ids of the repositories whose originals are told of runs: those of others cost nothing. */
  #told = new Set<number>();

  constructor(options: MirrorsOptions) {
    this.#options = options;
    this.#deliveries = new Waker(options.clock, () => this.#acceptAll());
    this.#statuses = new Waker(options.clock, () => this.#tellAll());
  }

  /** To be called at the start, and after a mirror was made, changed or deleted. */
  async reload(): Promise<void> {
    const told = (await allMirrors(this.#options.db)).filter(({ token }) => token !== null);
    this.#told = new Set(told.map(({ repository_id }) => repository_id));
  }

  start(): void {
    this.#deliveries.start();
    this.#statuses.start();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#deliveries.close(), this.#statuses.close()]);
  }

  /** For the engine. */
  readonly announce: Announce = async (unit, news) => {
    let isAny = false;
    for (const one of news) {
      if (one.kind !== 'run' || !this.#told.has(one.repositoryId)) continue;
      isAny = (await noteRun(unit, this.#options.publicUrl(), one)) || isAny;
    }
    if (isAny) unit.afterCommit(() => this.#statuses.wake());
  };

  /** Stores a webhook until the mirror is up to date. @returns whether the repository is a mirror */
  async take(delivery: Parameters<MirrorsOptions['accept']>[0]): Promise<boolean> {
    const { db, clock } = this.#options;
    const { id, event, actor, payload, repository } = delivery;
    if (!(await findMirror(db, repository.id))) return false;
    await addMirrorDelivery(db, {
      repository_id: repository.id,
      delivery: id,
      event,
      actor,
      payload: JSON.stringify(payload),
      next_at: isoTime(clock.now()),
    });
    this.#deliveries.wake();
    return true;
  }

  /** Fetches now. @throws OutsideError */
  async fetch(mirror: MirrorRow, repository: RepositoryRow, pulls: number[] = []): Promise<void> {
    const { db, git, keys, clock, moved } = this.#options;
    const token = mirror.token === null ? undefined : keys.open(mirror.token);
    await fetchOriginal(git.folder(repository), { url: mirror.url, token }, pulls, this.#closing.signal);
    await noteMirror(db, repository.id, { fetched_at: isoTime(clock.now()), problem: null });
    await moved(repository);
  }

  async #acceptAll(): Promise<void> {
    for (const mirror of await allMirrors(this.#options.db)) {
      await this.#acceptOf(mirror).catch((error: unknown) => this.#failed('a mirror', error));
    }
  }

  async #acceptOf(mirror: MirrorRow): Promise<void> {
    const { db } = this.#options;
    const waiting = await mirrorDeliveries(db, mirror.repository_id);
    const [first] = waiting;
    const repository = first && (await findRepositoryById(db, mirror.repository_id));
    if (!repository || this.#closing.signal.aborted || !this.#isDue(first, this.#deliveries)) return;
    try {
      await this.fetch(mirror, await this.#withDefaultBranch(repository, waiting), waiting.flatMap(pullOf));
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      return this.#tryLater(first, error);
    }
    for (const delivery of waiting) {
      const { delivery: id, event, actor, payload } = delivery;
      // What cannot be accepted now that everything is here never can be.
      await this.#options
        .accept({ id, event, actor, payload: JSON.parse(payload), repository })
        .catch((error: unknown) => noteMirror(db, repository.id, { problem: `${event} ${id}: ${errorText(error)}` }));
      await deleteMirrorDelivery(db, delivery.id);
    }
  }

  async #tryLater(first: MirrorDeliveryRow, error: unknown): Promise<void> {
    const { db, clock } = this.#options;
    await noteMirror(db, first.repository_id, { problem: errorText(error) });
    const nextMs = clock.now() + backOffMs(first.tries, BACK_OFF);
    await delayMirrorDeliveries(db, first.repository_id, isoTime(nextMs));
    this.#deliveries.wakeAt(nextMs);
    if (first.tries + 1 < MAX_TRIES) return;
    await deleteMirrorDelivery(db, first.id);
    this.#failed(`the webhook ${first.delivery} of a mirror is given up`, error);
  }

  /** The original says which one it is. */
  async #withDefaultBranch(repository: RepositoryRow, waiting: MirrorDeliveryRow[]): Promise<RepositoryRow> {
    const about = JSON.parse(waiting.at(-1)?.payload ?? '{}').repository as { default_branch?: unknown } | undefined;
    const branch = about?.default_branch;
    if (
      typeof branch !== 'string' ||
      branch === repository.default_branch ||
      !/^[^\s~^:?*[\\-][^\s~^:?*[\\]*$/.test(branch)
    )
      return repository;
    return this.#options.git.setDefaultBranch(repository, branch);
  }

  async #tellAll(): Promise<void> {
    const { db, clock } = this.#options;
    try {
      for (const status of await untoldStatuses(db)) if (this.#isDue(status, this.#statuses)) await this.#tell(status);
    } catch (error) {
      this.#failed('commit statuses', error);
      this.#statuses.wakeAt(clock.now() + BACK_OFF.firstMs);
    }
  }

  async #tell(status: MirrorStatusRow): Promise<void> {
    const { db, clock, keys } = this.#options;
    const mirror = await findMirror(db, status.repository_id);
    if (!mirror?.token || this.#closing.signal.aborted) return;
    const { origin, pathname } = new URL(mirror.url);
    const { state, description, target_url, context } = status;
    const client = new GitHubClient({ url: origin, token: keys.open(mirror.token) });
    const path = `/repos${pathname}/statuses/${status.sha}`;
    const tries = status.tries + 1;
    try {
      const body = { state, description, target_url, context };
      await client.send({ method: 'POST', path, body }, this.#closing.signal);
      await noteStatus(db, status, { is_told: 1, tries });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      await noteMirror(db, status.repository_id, { problem: errorText(error) });
      const isFinal = tries >= MAX_TRIES || (error instanceof OutsideError && !error.retryable);
      const nextMs = clock.now() + backOffMs(status.tries, BACK_OFF);
      await noteStatus(db, status, { is_told: isFinal ? 1 : 0, tries, next_at: isoTime(nextMs) });
      if (!isFinal) this.#statuses.wakeAt(nextMs);
    }
  }

  /** What is not due yet wakes when it is. */
  #isDue({ next_at }: { next_at: string }, waker: Waker): boolean {
    const atMs = Date.parse(next_at);
    if (atMs <= this.#options.clock.now()) return true;
    waker.wakeAt(atMs);
    return false;
  }

  #failed(what: string, error: unknown): void {
    this.#options.logger.error({ err: error }, `${what} failed`);
  }
}

function pullOf({ payload }: MirrorDeliveryRow): number[] {
  const number = (JSON.parse(payload) as { pull_request?: { number?: unknown } }).pull_request?.number;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? [number] : [];
}
