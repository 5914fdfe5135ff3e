import { isoTime } from '../common/clock.ts';
import type { Queries } from './database.ts';

/** Names with the time of their last change; values leave only to a job. */
export async function listSecrets(db: Queries, repositoryId: number): Promise<{ name: string; updated_at: string }[]> {
  return db
    .selectFrom('secrets')
    .select(['name', 'updated_at'])
    .where('repository_id', '=', repositoryId)
    .orderBy('name')
    .execute();
}

/** Sealed values by name. */
export async function sealedSecrets(db: Queries, repositoryId: number): Promise<{ name: string; sealed: string }[]> {
  return db.selectFrom('secrets').select(['name', 'sealed']).where('repository_id', '=', repositoryId).execute();
}

export async function putSecret(
  db: Queries,
  repositoryId: number,
  name: string,
  sealed: string,
  nowMs: number,
): Promise<void> {
  const change = { sealed, updated_at: isoTime(nowMs) };
  await db
    .insertInto('secrets')
    .values({ repository_id: repositoryId, name, ...change })
    .onConflict((conflict) => conflict.columns(['repository_id', 'name']).doUpdateSet(change))
    .execute();
}

/** @returns false when there is none */
export async function deleteSecret(db: Queries, repositoryId: number, name: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('secrets')
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
