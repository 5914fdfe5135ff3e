import { type Clock, isoTime } from '../common/clock.ts';
import { errorText } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Database } from '../store/database.ts';
import { deleteOldEvents } from '../store/events.ts';
import { deleteOldMessages } from '../store/hooks.ts';
import { markRunnersSeen } from '../store/runners.ts';
import { deleteExpiredTokens } from '../store/tokens.ts';
import type { Engine } from './engine/engine.ts';

const EVERY_MS = 60 * 60 * 1000;
const DAY_MS = 24 * EVERY_MS;
/** GitHub's own limits for runners that nobody has seen (runner-protocol 1.6). */
const LOST_EPHEMERAL_MS = DAY_MS;
const LOST_RUNNER_MS = 14 * DAY_MS;
/** As long as a run may last; after it nobody asks why something did not start. */
const OLD_EVENT_MS = 35 * DAY_MS;
/** As long as somebody may look for why a receiver did not hear of something. */
const OLD_MESSAGE_MS = 7 * DAY_MS;

export interface HousekeepingOptions {
  db: Database;
  engine: Engine;
  clock: Clock;
  logger: Logger;
}

/**
 * Once an hour: expired tokens, old events, and registrations whose runner is gone for good. Not at the start: runners that the server
 * has just come back to must have time to come back themselves.
 */
export function startHousekeeping(options: HousekeepingOptions): { close(): void } {
  let cancel: () => void;
  const plan = (): void => {
    cancel = options.clock.after(EVERY_MS, () => {
      plan();
      void tidy(options).catch((error: unknown) => options.logger.warn(`housekeeping failed: ${errorText(error)}`));
    });
  };
  plan();
  return { close: () => cancel() };
}

async function tidy({ db, engine, clock, logger }: HousekeepingOptions): Promise<void> {
  const now = clock.now();
  await deleteExpiredTokens(db, now);
  await deleteOldEvents(db, isoTime(now - OLD_EVENT_MS));
  await deleteOldMessages(db, isoTime(now - OLD_MESSAGE_MS));
  // Presence is known in memory only; this is how the store learns of it.
  await markRunnersSeen(db, engine.onlineRunners(), isoTime(now));
  const lost = await db
    .selectFrom('runners')
    .select(['id', 'name'])
    .where(({ eb, fn, or, and }) => {
      const seen = fn.coalesce('last_seen_at', 'created_at');
      return or([
        and([eb('ephemeral', '=', 1), eb(seen, '<', isoTime(now - LOST_EPHEMERAL_MS))]),
        eb(seen, '<', isoTime(now - LOST_RUNNER_MS)),
      ]);
    })
    .execute();
  for (const { id, name } of lost) {
    if ((await engine.removeRunner(id)) !== 'removed') continue;
    logger.info({ runner: name }, 'removed the registration of a runner that has not been seen for long');
  }
}
