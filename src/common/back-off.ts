import { sleep } from './clock.ts';
import { OutsideError } from './errors.ts';

export interface BackOff {
  firstMs: number;
  maxMs: number;
}

/** Delay before retry number `attempt` (from 0): doubling, capped, with up to a quarter taken off at random. */
export function backOffMs(attempt: number, { firstMs, maxMs }: BackOff, random: () => number = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(full * (1 - random() / 4));
}

/** The same for a failure, and not before the other system wants to be asked again. */
export function retryDelayMs(error: unknown, attempt: number, backOff: BackOff): number {
  const waitMs = error instanceof OutsideError ? (error.retryAfterMs ?? 0) : 0;
  return waitMs + backOffMs(attempt, backOff);
}

/**
 * Calls `action` until it succeeds, `isRetryable` says no, `attempts` are used up, or `signal` aborts.
 * @throws the last error
 */
export async function retry<T>(
  action: (attempt: number) => Promise<T>,
  options: BackOff & { attempts: number; isRetryable?: (error: unknown) => boolean; signal?: AbortSignal },
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await action(attempt);
    } catch (error) {
      const isLast = attempt + 1 >= options.attempts || options.signal?.aborted;
      if (isLast || options.isRetryable?.(error) === false) throw error;
      await sleep(retryDelayMs(error, attempt, options), options.signal);
    }
  }
}
