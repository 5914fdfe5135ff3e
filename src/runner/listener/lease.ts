/** Keeps a job's lease alive: runner-protocol 4.6. */
import { backOffMs } from '../../common/back-off.ts';
import { type Clock, sleep } from '../../common/clock.ts';
import { OutsideError } from '../../common/errors.ts';
import { persist, SERVER_BACK_OFF } from '../retries.ts';
import { JobGone, type RunServiceClient } from '../run-service-client.ts';

/** Never rarer than this, however long the lease. */
const MAX_INTERVAL_MS = 60_000;
const MIN_INTERVAL_MS = 200;
/** The first renewal decides whether the job starts at all: patience for a restarting server, no more. */
const FIRST_RENEWAL_MS = 30_000;
/** A job token that is refused this often in a row will not be accepted again. */
const MAX_REFUSALS = 5;

/** @throws JobGone, OutsideError: then the job must not start */
export const firstRenewal = (client: RunServiceClient, signal: AbortSignal): Promise<number> =>
  persist(() => client.renew(signal), FIRST_RENEWAL_MS, signal);

/**
 * Renews until `signal` aborts. A server that is away is awaited for as long as it takes: the job runs on.
 * @returns `gone` when the server says that the job is closed, else `stopped`
 */
export async function keepLease(
  client: RunServiceClient,
  lockedUntil: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<'gone' | 'stopped'> {
  let until = lockedUntil;
  for (let failures = 0, refusals = 0; ; ) {
    await sleep(failures > 0 ? backOffMs(failures - 1, SERVER_BACK_OFF) : renewalDelayMs(until - clock.now()), signal);
    if (signal.aborted) return 'stopped';
    try {
      until = await client.renew(signal);
      failures = 0;
      refusals = 0;
    } catch (error) {
      if (signal.aborted) return 'stopped';
      if (error instanceof JobGone) return 'gone';
      const isRefusal = error instanceof OutsideError && (error.status === 401 || error.status === 403);
      refusals = isRefusal ? refusals + 1 : 0;
      if (refusals >= MAX_REFUSALS) return 'gone';
      failures++;
    }
  }
}

/** A third of the time left, so that two renewals may fail before a short lease ends. */
export const renewalDelayMs = (leftMs: number): number =>
  Math.max(MIN_INTERVAL_MS, Math.min(MAX_INTERVAL_MS, leftMs / 3));
