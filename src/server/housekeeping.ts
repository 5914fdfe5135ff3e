import { isoTime } from '../common/clock.ts';
import { errorText } from '../common/errors.ts';
import { deleteOldActs } from '../store/audit.ts';
import { deleteOldEvents } from '../store/events.ts';
import { deleteOldMessages } from '../store/hooks.ts';
import { markRunnersSeen } from '../store/runners.ts';
import { deleteExpiredTokens } from '../store/tokens.ts';
import { expireArtifacts } from './artifacts/expiry.ts';
import { removeStaleCaches } from './caches/eviction.ts';
import type { ServerContext } from './context.ts';
import { rotateKeys } from './oidc/keys.ts';
import { purgeDeleted } from './repositories/delete.ts';

const EVERY_MS = 60 * 60 * 1000;
const DAY_MS = 24 * EVERY_MS;
/** GitHub's own limits for runners that nobody has seen (runner-protocol 1.6). */
const LOST_EPHEMERAL_MS = DAY_MS;
const LOST_RUNNER_MS = 14 * DAY_MS;
/** As long as a run may last; after it nobody asks why something did not start. */
const OLD_EVENT_MS = 35 * DAY_MS;
/** Audits look back a year. */
const OLD_ACT_MS = 400 * DAY_MS;
/** As long as somebody may look for why a receiver did not hear of something. */
const OLD_MESSAGE_MS = 7 * DAY_MS;

export type HousekeepingOptions = Pick<
  ServerContext,
  'db' | 'engine' | 'git' | 'clock' | 'logger' | 'blobs' | 'keys' | 'turns'
>;

/**
 * Once an hour: expired tokens, old events, artifacts and caches whose time has come, and registrations whose runner is
 * gone for good. Not at the start: runners that the server has just come back to must have time to come back themselves.
 */
export function startHousekeeping(options: HousekeepingOptions): { close(): Promise<void> } {
  let cancel: () => void;
  let round: Promise<void> | undefined;
  let isDue = false;
  const tidyAll = async (): Promise<void> => {
    while (isDue) {
      isDue = false;
      await tidy(options).catch((error: unknown) => options.logger.warn(`housekeeping failed: ${errorText(error)}`));
    }
    round = undefined;
  };
  const plan = (): void => {
    cancel = options.clock.after(EVERY_MS, () => {
      plan();
      // A round that takes longer than an hour is not overtaken by the next.
      isDue = true;
      round ??= tidyAll();
    });
  };
  plan();
  return {
    async close() {
      cancel();
      isDue = false;
      await round;
    },
  };
}

async function tidy(options: HousekeepingOptions): Promise<void> {
  const { db, engine, clock, logger } = options;
  const now = clock.now();
  await deleteExpiredTokens(db, now);
  await deleteOldEvents(db, isoTime(now - OLD_EVENT_MS));
  await deleteOldActs(db, isoTime(now - OLD_ACT_MS));
  await deleteOldMessages(db, isoTime(now - OLD_MESSAGE_MS));
  await expireArtifacts(options);
  await removeStaleCaches(options);
  await rotateKeys(options);
  await purgeDeleted(options);
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
    if ((await engine.registrations.remove(id)) !== 'removed') continue;
    logger.info({ runner: name }, 'removed the registration of a runner that has not been seen for long');
  }
}
