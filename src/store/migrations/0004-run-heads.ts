import type { Kysely, Migration } from 'kysely';
import { headOf } from '../run-head.ts';
import type { Tables } from '../schema.ts';

/** What runs are looked for by, which only their payloads told before. */
export const runHeads: Migration = {
  async up(db) {
    for (const column of ['head_branch', 'head_sha']) {
      await db.schema
        .alterTable('runs')
        .addColumn(column, 'text', (c) => c.notNull().defaultTo(''))
        .execute();
      await db.schema.createIndex(`runs_by_${column}`).on('runs').columns(['repository_id', column, 'id']).execute();
    }
    await fill(db as Kysely<Tables>);
  },
};

/** One by one: payloads are large. */
async function fill(db: Kysely<Tables>): Promise<void> {
  for (const { id } of await db.selectFrom('runs').select('id').execute()) {
    const columns = ['event', 'ref', 'sha', 'payload'] as const;
    const run = await db.selectFrom('runs').select(columns).where('id', '=', id).executeTakeFirstOrThrow();
    await db.updateTable('runs').set(headOf(run)).where('id', '=', id).execute();
  }
}
