import { type Clock, isoTime } from '../../common/clock.ts';
import type { Posts } from '../../common/notifications/index.ts';
import type { Database } from '../../store/database.ts';
import { deletePostedMessages, findPostedMessage, putPostedMessage } from '../../store/posted-messages.ts';

/** A deployment may wait that long for its reviewers (30 days, as on GitHub). */
const KEPT_MS = 31 * 24 * 60 * 60_000;

/** In the store, so that a message still changes after a restart. */
export function storedPosts(db: Database, clock: Clock): Posts {
  return {
    find: (receiver, key) =>
      findPostedMessage(db, receiver, key).then((row) => row && { channel: row.channel, ts: row.ts }),
    async keep(receiver, key, { channel, ts }) {
      const now = clock.now();
      await deletePostedMessages(db, isoTime(now - KEPT_MS));
      await putPostedMessage(db, { receiver, key, channel, ts, posted_at: isoTime(now) });
    },
  };
}
