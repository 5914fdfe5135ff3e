import type { FastifyPluginAsync } from 'fastify';
import type { Clock } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Closable } from '../../common/shutdown.ts';
import { Comparer } from './comparer.ts';
import { JobBook } from './job-book.ts';
import type { JobFact } from './job-fact.ts';
import { JobRecord } from './job-record.ts';
import { askForMissed } from './missed-deliveries.ts';
import { PlaceClients, type PlaceClientsOptions, type PlaceWithCredentials } from './place-clients.ts';
import { PoolSessions } from './pool-sessions.ts';
import type { Demand } from './types.ts';
import { webhookIntake } from './webhook-intake.ts';

export interface DemandOptions extends PlaceClientsOptions {
  /** Database of what webhooks told; `:memory:` for tests. */
  file: string;
  webhookSecrets: readonly string[];
  /** Called with everything that is heard of a job, and what was known of it before. */
  onNews?: (fact: JobFact, before: JobFact | undefined) => void;
  clock: Clock;
  logger: Logger;
}

/** Runners whose number somebody scales by demand. Named NAMESPACE/NAME, as what scales them. */
export interface WatchedPlace extends PlaceWithCredentials {
  /** Those of its runners, also those that every runner of the backend has. */
  labels: readonly string[];
  /** Repositories (OWNER/NAME) that are looked at even before anything was heard of them. */
  repositories: readonly string[];
}

const HOUR_MS = 3_600_000;
/** Sweep of missed deliveries (on-demand-runners 4.5). */
const SWEEP_MS = 5 * 60_000;
/** A repository whose webhook was silent for longer is polled again. */
const PUSHED_FOR_MS = 24 * HOUR_MS;
/** Jobs older than that have ended: GitHub cancels them after a day in the queue. */
const RESTORED_MS = 24 * HOUR_MS;

/**
 * Which jobs wait, kept current without polling where webhooks tell of them, and repaired by comparing with the
 * servers' own lists. What was acknowledged is known again after a crash.
 */
export class DemandService implements Closable {
  readonly #options: DemandOptions;
  readonly #book = new JobBook();
  readonly #record: JobRecord;
  readonly #comparer: Comparer;
  /** When a webhook of this owner or repository (lower case) last told something, epoch ms. */
  readonly #heardMs = new Map<string, number>();
  readonly #clients: PlaceClients;
  readonly #sessions: PoolSessions;
  readonly #abort = new AbortController();
  #places: readonly WatchedPlace[] = [];
  #cancelSweep: () => void = () => undefined;
  #sweeping: Promise<void> = Promise.resolve();

  /** @throws UserError when the database cannot be used */
  constructor(options: DemandOptions) {
    const { file, clock } = options;
    this.#options = options;
    this.#record = new JobRecord(file);
    this.#clients = new PlaceClients(options);
    this.#sessions = new PoolSessions({ ...options, onJob: (fact) => this.#pushed(fact) });
    const isPushed = (name: string): boolean => this.#isPushed(name);
    this.#comparer = new Comparer({ ...options, book: this.#book, clients: this.#clients, isPushed });
    for (const { hook, newestMs } of this.#record.hooks()) this.#heard(hook, newestMs);
    for (const fact of this.#record.factsSince(clock.now() - RESTORED_MS)) this.#book.note(fact);
    // From here on: what was known before a restart is no news.
    this.#book.onNews = options.onNews ?? this.#book.onNews;
    this.#book.onChange(() => this.#watchRepositories());
    this.#sweepLater();
  }

  get demand(): Demand {
    return this.#book;
  }

  /** `POST /webhooks/github`. */
  get routes(): FastifyPluginAsync {
    const { clock, webhookSecrets: secrets } = this.#options;
    const onTaken = (hook: string): void => this.#heard(hook, clock.now());
    return webhookIntake({ book: this.#book, record: this.#record, secrets, clock, onTaken });
  }

  /** From now on these places are kept current, and no others. May be called on every change. */
  watch(places: readonly WatchedPlace[]): void {
    this.#places = places;
    this.#clients.watch(places);
    this.#watchRepositories();
    this.#sessions.watch(places);
  }

  /** What the old credentials did not allow is tried again. */
  credentialsChanged(): void {
    this.#comparer.allSoon();
    this.#sessions.watch(this.#places);
  }

  /** A runner has taken a job, or has ended, perhaps with one: our own server pushes only what comes into the queue. */
  runnerChanged(): void {
    for (const repository of this.#book.repositoriesWithJobs()) {
      if (!this.#isPushed(repository)) this.#comparer.soon(repository);
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancelSweep();
    await Promise.all([this.#comparer.close(), this.#sweeping, this.#sessions.close()]);
    this.#record.close();
  }

  #watchRepositories(): void {
    const seen = this.#places.flatMap(({ scope }) => this.#book.repositoriesIn(scope));
    this.#comparer.watch([...this.#places.flatMap(({ repositories }) => repositories), ...seen]);
  }

  /** What could not be compared may be there now: the first push makes a repository. */
  #pushed(fact: JobFact): void {
    this.#book.note(fact);
    if (this.#book.problemOf(fact.repository)) this.#comparer.soon(fact.repository);
  }

  #heard(hook: string, atMs: number): void {
    const place = placeOf(hook);
    if (place) this.#heardMs.set(place, Math.max(atMs, this.#heardMs.get(place) ?? 0));
  }

  #isPushed(repository: string): boolean {
    const name = repository.toLowerCase();
    const [owner = ''] = name.split('/');
    const heardMs = Math.max(this.#heardMs.get(name) ?? 0, this.#heardMs.get(owner) ?? 0);
    return this.#options.clock.now() - heardMs < PUSHED_FOR_MS;
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.clock.after(SWEEP_MS, () => {
      this.#sweeping = this.#sweep().then(() => {
        if (!this.#abort.signal.aborted) this.#sweepLater();
      });
    });
  }

  async #sweep(): Promise<void> {
    const { clock, logger } = this.#options;
    this.#record.prune(clock.now());
    for (const { hook } of this.#record.hooks()) {
      const place = placeOf(hook);
      if (!place || this.#abort.signal.aborted) continue;
      try {
        const asked = await this.#clients.ask(place, (client) =>
          askForMissed(client, this.#record, hook, clock.now(), this.#abort.signal),
        );
        if (asked > 0) logger.warn({ hook, asked }, 'deliveries of a webhook were missed and asked for again');
      } catch (error) {
        // A token that may not administer webhooks: comparing finds the jobs all the same, only later.
        logger.debug({ hook, problem: errorText(error) }, 'the deliveries of a webhook cannot be read');
      }
    }
  }
}

/** Owner, or OWNER/NAME, of a webhook by its path, in lower case; an App's webhook has none. */
function placeOf(hook: string): string | undefined {
  return /^\/(?:repos|orgs)\/(.+)\/hooks\/\d+$/.exec(hook)?.[1]?.toLowerCase();
}
