import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Closable } from '../../common/shutdown.ts';
import { type GitHubClient, scopeUrl } from '../../github/index.ts';
import { ScaleSetConnection } from '../../github/scale-sets/index.ts';
import { type RunnerScope, scopeName } from '../../protocol/github/runners.ts';
import { Comparer } from './comparer.ts';
import { JobBook } from './job-book.ts';
import type { JobFact } from './job-fact.ts';
import { JobRecord } from './job-record.ts';
import { askForMissed } from './missed-deliveries.ts';
import { SessionWatch } from './session-watch.ts';
import type { Demand } from './types.ts';
import { webhookIntake } from './webhook-intake.ts';

export interface DemandOptions {
  /** Database of what webhooks told; `:memory:` for tests. */
  file: string;
  /** The client for what belongs to this owner, or OWNER/NAME. */
  clientOf: (place: string) => GitHubClient;
  webhookSecrets: readonly string[];
  /** Called with everything that is heard of a job, and what was known of it before. */
  onNews?: (fact: JobFact, before: JobFact | undefined) => void;
  clock: Clock;
  logger: Logger;
}

/** Runners whose number somebody scales by demand. */
export interface WatchedPlace {
  /** NAMESPACE/NAME of what is scaled. */
  name: string;
  scope: RunnerScope;
  /** Those of its runners, also those that every runner of the backend has. */
  labels: readonly string[];
  /** Repositories (OWNER/NAME) that are looked at even before anything was heard of them. */
  repositories: readonly string[];
}

/** Our server says so (docs/reference/rest.md); a scale set that only listens would do harm elsewhere. */
const Meta = z.object({ switchyard_version: z.string().optional() });

const HOUR_MS = 3_600_000;
const REOPEN_MS = 5_000;
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
  readonly #ours = new WeakMap<GitHubClient, z.infer<typeof Meta>>();
  readonly #abort = new AbortController();
  readonly #sessions = new Map<string, SessionWatch>();
  #places: readonly WatchedPlace[] = [];
  #opening: Promise<void> = Promise.resolve();
  #cancelSweep: () => void = () => undefined;
  #cancelReopen: () => void = () => undefined;
  #sweeping: Promise<void> = Promise.resolve();

  /** @throws UserError when the database cannot be used */
  constructor(options: DemandOptions) {
    const { file, clock } = options;
    this.#options = options;
    this.#record = new JobRecord(file);
    this.#comparer = new Comparer({ ...options, book: this.#book, isPushed: (name) => this.#isPushed(name) });
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
    this.#watchRepositories();
    this.#openSessions();
  }

  /** A runner has ended, perhaps with its job. */
  runnerEnded(): void {
    for (const repository of this.#book.repositoriesAtWork()) {
      if (!this.#isPushed(repository)) this.#comparer.soon(repository);
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancelSweep();
    this.#cancelReopen();
    await Promise.all([this.#comparer.close(), this.#sweeping, this.#opening]);
    await Promise.all([...this.#sessions.values()].map((session) => session.close({ forGood: false })));
    this.#record.close();
  }

  /** Again in a moment when the server does not answer: it may come later than the fleet. */
  #openSessions(): void {
    const { clock, logger } = this.#options;
    this.#cancelReopen();
    this.#opening = this.#opening
      .then(() => this.#matchSessions())
      .catch((error: unknown) => {
        if (this.#abort.signal.aborted) return;
        logger.debug({ problem: errorText(error) }, 'whether the server can push demand is not known yet');
        this.#cancelReopen = clock.after(REOPEN_MS, () => this.#openSessions());
      });
  }

  /** One session per place that our own server keeps; other GitHubs have none. */
  async #matchSessions(): Promise<void> {
    const wanted = new Map<string, WatchedPlace>();
    for (const place of this.#places) if (await this.#isOurs(place)) wanted.set(sessionKey(place), place);
    for (const [key, session] of this.#sessions) {
      if (wanted.has(key)) continue;
      this.#sessions.delete(key);
      await session.close({ forGood: true });
    }
    for (const [key, place] of wanted) {
      if (!this.#sessions.has(key) && !this.#abort.signal.aborted) this.#sessions.set(key, this.#openSession(place));
    }
  }

  #openSession({ name, scope, labels }: WatchedPlace): SessionWatch {
    const { clientOf, clock, logger } = this.#options;
    const client = clientOf(scopeName(scope));
    return new SessionWatch({
      connection: new ScaleSetConnection({ client, configUrl: scopeUrl(client.serverUrl, scope), clock }),
      name: `pool:${name}`,
      labels: [...labels],
      onJob: (fact) => this.#book.note(fact),
      clock,
      logger,
    });
  }

  async #isOurs({ scope }: WatchedPlace): Promise<boolean> {
    const client = this.#options.clientOf(scopeName(scope));
    const known = this.#ours.get(client) ?? (await client.request(Meta, { path: '/meta' }, this.#abort.signal));
    this.#ours.set(client, known);
    return known.switchyard_version !== undefined;
  }

  #watchRepositories(): void {
    const seen = this.#places.flatMap(({ scope }) => this.#book.repositoriesIn(scope));
    this.#comparer.watch([...this.#places.flatMap(({ repositories }) => repositories), ...seen]);
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
    const { clientOf, clock, logger } = this.#options;
    this.#record.prune(clock.now());
    for (const { hook } of this.#record.hooks()) {
      const place = placeOf(hook);
      if (!place || this.#abort.signal.aborted) continue;
      try {
        const asked = await askForMissed(clientOf(place), this.#record, hook, clock.now(), this.#abort.signal);
        if (asked > 0) logger.warn({ hook, asked }, 'deliveries of a webhook were missed and asked for again');
      } catch (error) {
        // A token that may not administer webhooks: comparing finds the jobs all the same, only later.
        logger.debug({ hook, problem: errorText(error) }, 'the deliveries of a webhook cannot be read');
      }
    }
  }
}

/** A scale set cannot change its place, and one that only listens need not change its labels: it is made anew. */
const sessionKey = ({ name, scope, labels }: WatchedPlace): string => JSON.stringify([name, scope, labels]);

/** Owner, or OWNER/NAME, of a webhook by its path, in lower case; an App's webhook has none. */
function placeOf(hook: string): string | undefined {
  return /^\/(?:repos|orgs)\/(.+)\/hooks\/\d+$/.exec(hook)?.[1]?.toLowerCase();
}
