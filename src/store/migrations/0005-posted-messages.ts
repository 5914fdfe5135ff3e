import type { Migration } from 'kysely';

/** Messages to people that may still change. */
export const postedMessages: Migration = {
  async up(db) {
    await db.schema
      .createTable('posted_messages')
      .addColumn('receiver', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('ts', 'text', (column) => column.notNull())
      .addColumn('posted_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('posted_messages_key', ['receiver', 'key'])
      .execute();
  },
};
