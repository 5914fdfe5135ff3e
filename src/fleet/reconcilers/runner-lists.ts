import { type Clock, isoTime } from '../../common/clock.ts';
import { OutsideError } from '../../common/errors.ts';
import {
  ConditionalReads,
  type GitHubClient,
  listRunners,
  type RateBudget,
  type RunnerState,
  readsLeft,
} from '../../github/index.ts';
import { placeKey, type RegistrationPlace } from '../credentials/place.ts';
import type { Troubles } from './troubles.ts';

export interface RunnerListsOptions {
  /** @throws UserError when there are no credentials for the place */
  githubFor: (place: RegistrationPlace) => GitHubClient;
  clock: Clock;
  signal: AbortSignal;
  /** Told of long rests, as `pace:KEY`. */
  troubles: Troubles;
}

/** Of the calls that may be spent on reading; the rest is for jobs. */
const SHARE = 0.5;
/** ARC asks about as often (fleet-semantics 1.12): people need to know only of longer rests. */
const RARE_MS = 60_000;

/** What servers say of the runners of places, asked for no oftener than their rate limits allow. */
export class RunnerLists {
  readonly #options: RunnerListsOptions;
  /** By place. A client is another one when its credentials change. */
  readonly #reads = new Map<string, { client: GitHubClient; reads: ConditionalReads }>();
  readonly #restsUntilMs = new Map<string, number>();

  constructor(options: RunnerListsOptions) {
    this.#options = options;
  }

  /** @throws OutsideError, UserError */
  async read(place: RegistrationPlace): Promise<Map<string, RunnerState>> {
    const client = this.#options.githubFor(place);
    const reads = this.#readsOf(place, client);
    const paid = reads.paid;
    const runners = await listRunners(reads, place.scope, this.#options.signal);
    this.#rest(place, client.budget, reads.paid - paid);
    return new Map(runners.map((runner) => [String(runner.id), runner]));
  }

  /** Epoch ms, before which another look would spend what is kept for the time until the limit is full again. */
  restsUntilMs(place: RegistrationPlace): number {
    return this.#restsUntilMs.get(placeKey(place)) ?? 0;
  }

  /** Nothing is there to be looked at any more. */
  forget(place: RegistrationPlace): void {
    const key = placeKey(place);
    this.#reads.delete(key);
    this.#restsUntilMs.delete(key);
    this.#options.troubles.worked(`pace:${key}`);
  }

  #readsOf(place: RegistrationPlace, client: GitHubClient): ConditionalReads {
    const known = this.#reads.get(placeKey(place));
    if (known?.client === client) return known.reads;
    const reads = new ConditionalReads(client);
    this.#reads.set(placeKey(place), { client, reads });
    return reads;
  }

  #rest(place: RegistrationPlace, budget: RateBudget | undefined, paidCalls: number): void {
    const { clock, troubles } = this.#options;
    const key = placeKey(place);
    const restMs = restAfter(budget, paidCalls, clock.now());
    this.#restsUntilMs.set(key, clock.now() + restMs);
    if (budget && restMs > RARE_MS) troubles.failed(`pace:${key}`, rareLooks(budget, restMs));
    else troubles.worked(`pace:${key}`);
  }
}

/**
 * How long a look that cost so many calls is to be the last, if others like it are to fit in. Several that spend of one
 * budget slow each other down, since each counts with what is left after all of them.
 */
function restAfter(budget: RateBudget | undefined, paidCalls: number, nowMs: number): number {
  const left = readsLeft(budget, nowMs);
  if (!budget || left === undefined || paidCalls === 0) return 0;
  const untilFullMs = budget.resetAtMs - nowMs;
  return Math.min(untilFullMs, (untilFullMs * paidCalls) / (left * SHARE));
}

function rareLooks({ remaining, limit, resetAtMs }: RateBudget, restMs: number): OutsideError {
  const left = `${remaining} of ${limit} calls are left until ${isoTime(resetAtMs)}`;
  const text = `The server is asked about its runners only every ${Math.round(restMs / 1_000)} s: ${left}.`;
  return new OutsideError(text, { retryable: true, code: 'observed-rarely' });
}
