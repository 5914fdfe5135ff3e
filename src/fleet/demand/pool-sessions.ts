import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Closable } from '../../common/shutdown.ts';
import { type GitHubClient, scopeUrl } from '../../github/index.ts';
import { ScaleSetConnection } from '../../github/scale-sets/index.ts';
import type { WatchedPlace } from './demand-service.ts';
import type { JobFact } from './job-fact.ts';
import { isRefusal, type PlaceClientsOptions } from './place-clients.ts';
import { SessionWatch } from './session-watch.ts';

export interface PoolSessionsOptions extends Pick<PlaceClientsOptions, 'githubFor'> {
  onJob: (fact: JobFact) => void;
  clock: Clock;
  logger: Logger;
}

/** Our server says so (docs/reference/rest.md); a scale set that only listens would do harm elsewhere. */
const Meta = z.object({ switchyard_version: z.string().optional() });

const REOPEN_MS = 5_000;

interface Open {
  /** Others when a Secret has changed; then the session is opened anew. */
  clients: readonly GitHubClient[];
  watch: SessionWatch;
}

/** One session for each pool that our own server keeps; other GitHubs have none. */
export class PoolSessions implements Closable {
  readonly #options: PoolSessionsOptions;
  readonly #open = new Map<string, Open>();
  readonly #metas = new WeakMap<GitHubClient, z.infer<typeof Meta>>();
  readonly #abort = new AbortController();
  #places: readonly WatchedPlace[] = [];
  #matching: Promise<void> = Promise.resolve();
  #cancelRetry: () => void = () => undefined;

  constructor(options: PoolSessionsOptions) {
    this.#options = options;
  }

  /** Opens and closes what that takes. Again in a moment where a server does not answer: it may come later than the fleet. */
  watch(places: readonly WatchedPlace[]): void {
    this.#places = places;
    this.#matching = this.#matching
      .then(() => this.#match())
      .catch((error: unknown) => this.#notKnown(error))
      .then((isComplete) => {
        this.#cancelRetry();
        if (isComplete || this.#abort.signal.aborted) return;
        this.#cancelRetry = this.#options.clock.after(REOPEN_MS, () => this.watch(this.#places));
      });
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#matching;
    this.#cancelRetry();
    await Promise.all([...this.#open.values()].map(({ watch }) => watch.close({ forGood: false })));
  }

  /** @returns whether every server could be asked */
  async #match(): Promise<boolean> {
    const wanted = new Map<string, { place: WatchedPlace; clients: GitHubClient[] }>();
    let isComplete = true;
    for (const place of this.#places) {
      const clients = await this.#clientsOf(place).catch((error: unknown) => this.#notKnown(error));
      if (!clients) isComplete = false;
      else if (clients.length > 0) wanted.set(sessionKey(place), { place, clients });
    }
    if (this.#abort.signal.aborted) return true;
    for (const [key, { clients, watch }] of this.#open) {
      if (isSame(clients, wanted.get(key)?.clients ?? [])) continue;
      this.#open.delete(key);
      await watch.close({ forGood: true });
    }
    for (const [key, { place, clients }] of wanted) {
      if (!this.#open.has(key) && !this.#abort.signal.aborted) this.#open.set(key, this.#start(place, clients));
    }
    return isComplete;
  }

  /** Those for our own server. Credentials that are not there or are refused are waited for by `watch`. */
  async #clientsOf({ credentials }: WatchedPlace): Promise<GitHubClient[]> {
    const clients: GitHubClient[] = [];
    for (const one of credentials) {
      try {
        const client = this.#options.githubFor(one);
        if (await this.#isOurs(client)) clients.push(client);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    // The last are the pool's own, which may register runners there; an autoscaler's may be for reading alone.
    return clients.reverse();
  }

  async #isOurs(client: GitHubClient): Promise<boolean> {
    const known = this.#metas.get(client) ?? (await client.request(Meta, { path: '/meta' }, this.#abort.signal));
    this.#metas.set(client, known);
    return known.switchyard_version !== undefined;
  }

  #start({ name, scope, labels }: WatchedPlace, clients: GitHubClient[]): Open {
    const { onJob, clock, logger } = this.#options;
    const connections = clients.map(
      (client) => new ScaleSetConnection({ client, configUrl: scopeUrl(client.serverUrl, scope), clock }),
    );
    const watch = new SessionWatch({
      ...{ connections, name: `pool:${name}`, labels: [...labels] },
      ...{ onJob, clock, logger },
    });
    return { clients, watch };
  }

  #notKnown(error: unknown): undefined {
    if (this.#abort.signal.aborted) return;
    this.#options.logger.debug({ problem: errorText(error) }, 'whether the server can push demand is not known yet');
  }
}

/** A scale set cannot change its place, and one that only listens need not change its labels: it is made anew. */
const sessionKey = ({ name, scope, labels }: WatchedPlace): string => JSON.stringify([name, scope, labels]);

const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index]);
