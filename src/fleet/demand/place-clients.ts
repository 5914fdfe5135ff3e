import { OutsideError, UserError } from '../../common/errors.ts';
import type { GitHubClient } from '../../github/index.ts';
import { type RunnerScope, scopeName } from '../../protocol/github/runners.ts';
import type { RegistrationPlace } from '../credentials/place.ts';

/** Runners, with the credentials that may be used for what belongs to their scope: the best for reading jobs first. */
export interface PlaceWithCredentials {
  /** Unique. */
  name: string;
  scope: RunnerScope;
  credentials: readonly RegistrationPlace[];
}

export interface PlaceClientsOptions {
  /** With the fleet's own credentials, for places that nothing brings any for. */
  own: GitHubClient;
  /** @throws UserError when the credentials are not there or of no use */
  githubFor: (place: RegistrationPlace) => GitHubClient;
}

/** Statuses by which a server refuses one client and may still serve another. */
const REFUSALS = [401, 403, 404, 429];

/** The clients for an owner or a repository: those of all pools whose jobs lie there, in an order that does not change. */
export class PlaceClients {
  readonly #options: PlaceClientsOptions;
  #places: readonly PlaceWithCredentials[] = [];

  constructor(options: PlaceClientsOptions) {
    this.#options = options;
  }

  watch(places: readonly PlaceWithCredentials[]): void {
    this.#places = places;
  }

  /**
   * What the first client answers that the server does not refuse.
   * @param place OWNER, or OWNER/NAME
   * @throws what the first one threw when all are refused, and at once what is no refusal
   */
  async ask<T>(place: string, use: (client: GitHubClient) => Promise<T>): Promise<T> {
    const clients = this.#clientsOf(place);
    let refusal: unknown;
    for (const clientOf of clients) {
      try {
        return await use(clientOf());
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  #clientsOf(place: string): (() => GitHubClient)[] {
    const { own, githubFor } = this.#options;
    const name = place.toLowerCase();
    const serving = this.#places.filter(({ scope }) => rankOf(scope, name) < Number.POSITIVE_INFINITY);
    const ordered = serving.toSorted(
      (a, b) => rankOf(a.scope, name) - rankOf(b.scope, name) || (a.name < b.name ? -1 : 1),
    );
    const credentials = new Map(
      ordered.flatMap((one) => one.credentials).map((one) => [`${one.namespace}/${one.secretName ?? ''}`, one]),
    );
    if (credentials.size === 0) return [() => own];
    return [...credentials.values()].map((one) => () => githubFor(one));
  }
}

/** Whether another client may be served where this one was not. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof UserError) return true;
  return error instanceof OutsideError && error.status !== undefined && REFUSALS.includes(error.status);
}

/** The nearest scope first; infinite where the scope has nothing to do with the place. */
function rankOf(scope: RunnerScope, place: string): number {
  const [owner] = place.split('/');
  const name = scopeName(scope).toLowerCase();
  if (scope.kind === 'enterprise') return 2;
  if (name === place) return 0;
  if (scope.kind === 'organization') return name === owner ? 1 : Number.POSITIVE_INFINITY;
  // A webhook of the owner: who may read one of its repositories may do more.
  return name.startsWith(`${place}/`) ? 3 : Number.POSITIVE_INFINITY;
}
