import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { ConcurrencyClaimsTable } from './tables/runs.ts';

export type ClaimRow = Selectable<ConcurrencyClaimsTable>;

/** Claims on a group in order of arrival; the holder is the first. @param group as written */
export async function claimsOn(db: Queries, repositoryId: number, group: string): Promise<ClaimRow[]> {
  return db
    .selectFrom('concurrency_claims')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('group_key', '=', group.toLowerCase())
    .orderBy('id')
    .execute();
}

export async function insertClaim(db: Queries, claim: Insertable<ConcurrencyClaimsTable>): Promise<void> {
  await db.insertInto('concurrency_claims').values(claim).execute();
}

/** Takes the claims of a run as a whole (`jobId` null) or of one job away. */
export async function deleteClaims(db: Queries, runId: number, jobId: number | null): Promise<ClaimRow[]> {
  return db
    .deleteFrom('concurrency_claims')
    .where('run_id', '=', runId)
    .where('job_id', jobId === null ? 'is' : '=', jobId)
    .returningAll()
    .execute();
}

export async function holdGroup(db: Queries, claimId: number): Promise<void> {
  await db.updateTable('concurrency_claims').set({ state: 'holding' }).where('id', '=', claimId).execute();
}

/** Claims of the runs, with what holds each of their groups: to say what they wait for. */
export async function claimsOfRun(db: Queries, runId: number): Promise<ClaimRow[]> {
  return db.selectFrom('concurrency_claims').selectAll().where('run_id', '=', runId).orderBy('id').execute();
}
