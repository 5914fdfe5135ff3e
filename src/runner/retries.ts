import { type BackOff, backOffMs } from '../common/back-off.ts';
import { sleep } from '../common/clock.ts';
import { OutsideError } from '../common/errors.ts';

/** Quick at first, so that a restarted server is noticed at once; then calm. */
export const SERVER_BACK_OFF: BackOff = { firstMs: 100, maxMs: 5_000 };

export const isRetryable = (error: unknown): boolean => error instanceof OutsideError && error.retryable;

/**
 * Repeats `action` while another system's passing failure makes it fail, for up to `forMs`.
 * @throws the last error; any error that is not retryable; the signal's reason
 */
export async function persist<T>(action: () => Promise<T>, forMs: number, signal?: AbortSignal): Promise<T> {
  const giveUpAt = Date.now() + forMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      const delayMs = backOffMs(attempt, SERVER_BACK_OFF);
      if (!isRetryable(error) || Date.now() + delayMs > giveUpAt) throw error;
      await sleep(delayMs, signal);
      signal?.throwIfAborted();
    }
  }
}
