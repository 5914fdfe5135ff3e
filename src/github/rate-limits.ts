/** How often a server may be asked: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
import type { Clock } from '../common/clock.ts';
import { OutsideError } from '../common/errors.ts';

/** What is left of the primary rate limit, as the newest answer said. */
export interface RateBudget {
  limit: number;
  remaining: number;
  /** When it is full again, epoch ms. */
  resetAtMs: number;
}

/** Kept for registrations and removals, so that reading can never starve a start (on-demand-runners 4.6). */
const RESERVED_SHARE = 0.2;
/** GitHub asks for this pause when it does not say when a limit ends. */
const UNTOLD_END_MS = 60_000;

/** Calls that may be spent on reading until `resetAtMs`; undefined where no limit is known. */
export function readsLeft(budget: RateBudget | undefined, nowMs: number): number | undefined {
  if (!budget || budget.resetAtMs <= nowMs) return undefined;
  return Math.max(0, Math.floor(budget.remaining - budget.limit * RESERVED_SHARE));
}

/** Only of the bucket that reads are charged to: registrations have one of their own. */
export function budgetIn({ headers }: Response): RateBudget | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((part) =>
    Number(headers.get(`x-ratelimit-${part}`) ?? Number.NaN),
  );
  if ((headers.get('x-ratelimit-resource') ?? 'core') !== 'core') return undefined;
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined;
  return Number.isNaN(limit + remaining + reset) ? undefined : { limit, remaining, resetAtMs: reset * 1_000 };
}

/** GitHub says 403 for both "you may not" and "not so fast"; these tell the second. */
export function isRateLimit({ status, headers }: Response, text: string): boolean {
  if (status === 429) return true;
  const isTold = headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0';
  return status === 403 && (isTold || /secondary rate limit/i.test(text));
}

/** When a server that refused because of its limit takes calls again: how long from now, by its own clock. */
export function limitEndsInMs({ headers }: Response): number {
  const seconds = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(seconds)) return Number(seconds) * 1_000;
  const resetMs = headers.get('x-ratelimit-remaining') === '0' ? Number(headers.get('x-ratelimit-reset')) * 1_000 : 0;
  const leftMs = resetMs - Date.parse(headers.get('date') ?? '');
  return leftMs > 0 ? leftMs : UNTOLD_END_MS;
}

/** When the server takes calls again: a time, or how long from now. */
function limitEnd({ headers }: Response): string | undefined {
  const seconds = headers.get('retry-after');
  if (seconds && /^\d+$/.test(seconds)) return `in ${seconds} s`;
  const reset = headers.get('x-ratelimit-remaining') === '0' ? Number(headers.get('x-ratelimit-reset')) : 0;
  return reset > 0 ? `at ${new Date(reset * 1_000).toISOString()}` : undefined;
}

type Bucket = 'registration' | 'core';

/**
 * Calls that a server has refused because of a limit, and for how long all like them are not worth asking: who goes on
 * asking is locked out.
 */
export class RateLimits {
  readonly #clock: Clock;
  /** By bucket; the secondary limit is none of one bucket. */
  readonly #refusals = new Map<Bucket | 'secondary', { message: string; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws OutsideError 429 with the server's own words while calls like this one are refused */
  assertOpen(path: string): void {
    for (const limit of ['secondary', bucketOf(path)] as const) {
      const refusal = this.#refusals.get(limit);
      const leftMs = (refusal?.untilMs ?? 0) - this.#clock.now();
      if (refusal && leftMs > 0) throw rateLimited(refusal.message, leftMs);
    }
  }

  /** @returns what to throw for an answer that refuses because of a limit */
  refused(path: string, response: Response, message: string): OutsideError {
    const endsInMs = limitEndsInMs(response);
    const end = limitEnd(response);
    const told = end ? `${message} (the limit ends ${end})` : message;
    const isPrimary = response.headers.get('x-ratelimit-remaining') === '0';
    this.#refusals.set(isPrimary ? bucketOf(path) : 'secondary', {
      message: told,
      untilMs: this.#clock.now() + endsInMs,
    });
    return rateLimited(told, endsInMs);
  }
}

const rateLimited = (message: string, retryAfterMs: number): OutsideError =>
  new OutsideError(message, { retryable: true, status: 429, retryAfterMs });

/** Registrations are counted apart from the rest, so that starts go on when reading may not. */
const bucketOf = (path: string): Bucket =>
  /\/actions\/(?:runners\/(?:generate-jitconfig|registration-token|register)|runner-registration)$/.test(path)
    ? 'registration'
    : 'core';
