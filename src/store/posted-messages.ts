import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { PostedMessagesTable } from './tables/deployments.ts';

export type PostedMessage = Selectable<PostedMessagesTable>;

export async function findPostedMessage(
  db: Queries,
  receiver: string,
  key: string,
): Promise<PostedMessage | undefined> {
  const query = db.selectFrom('posted_messages').selectAll();
  return query.where('receiver', '=', receiver).where('key', '=', key).executeTakeFirst();
}

export async function putPostedMessage(db: Queries, message: PostedMessage): Promise<void> {
  const { channel, ts, posted_at } = message;
  await db
    .insertInto('posted_messages')
    .values(message)
    .onConflict((conflict) => conflict.columns(['receiver', 'key']).doUpdateSet({ channel, ts, posted_at }))
    .execute();
}

export async function deletePostedMessages(db: Queries, postedBefore: string): Promise<void> {
  await db.deleteFrom('posted_messages').where('posted_at', '<', postedBefore).execute();
}
