import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import type { ArtifactsTable } from './tables/services.ts';

export type ArtifactRow = Selectable<ArtifactsTable>;

/** With what REST and the toolkit say of the run and the job. */
export type ArtifactWithRun = ArtifactRow & { ref: string; sha: string; plan_id: string; job_guid: string };

export interface ArtifactQuery {
  repositoryId?: number;
  runId?: number;
  name?: string;
  id?: number;
}

/** Those that are shown, newest first: ready ones, and expired ones of which only the row is left. */
function shown(db: Queries, { repositoryId, runId, name, id }: ArtifactQuery) {
  let select = db.selectFrom('artifacts').where('artifacts.state', '!=', 'uploading');
  if (repositoryId !== undefined) select = select.where('artifacts.repository_id', '=', repositoryId);
  if (runId !== undefined) select = select.where('artifacts.run_id', '=', runId);
  if (name !== undefined) select = select.where('artifacts.name', '=', name);
  if (id !== undefined) select = select.where('artifacts.id', '=', id);
  return select;
}

export const queryArtifacts = (
  db: Queries,
  query: ArtifactQuery,
  page?: { limit: number; offset: number },
): Promise<ArtifactWithRun[]> => shownWithRuns(db, { ...query, ...page });

const shownWithRuns = prepared(
  (db, { limit, offset, ...query }: ArtifactQuery & { limit?: number; offset?: number }) => {
    const select = shown(db, query)
      .innerJoin('runs', 'runs.id', 'artifacts.run_id')
      .innerJoin('jobs', 'jobs.id', 'artifacts.job_id')
      .selectAll('artifacts')
      .select(['runs.ref', 'runs.sha', 'runs.plan_id', 'jobs.job_guid'])
      .orderBy('artifacts.id', 'desc');
    return limit === undefined || offset === undefined ? select : select.limit(limit).offset(offset);
  },
);

export async function countArtifacts(db: Queries, query: ArtifactQuery): Promise<number> {
  return Number((await countShown(db, query))[0]?.total);
}

const countShown = prepared((db, query: ArtifactQuery) =>
  shown(db, query).select(({ fn }) => fn.countAll<number>().as('total')),
);

/** The one of this name, also while it is being uploaded. */
export async function findArtifactNamed(
  db: Queries,
  { run_id, attempt, name }: Pick<ArtifactRow, 'run_id' | 'attempt' | 'name'>,
): Promise<ArtifactRow | undefined> {
  return db
    .selectFrom('artifacts')
    .selectAll()
    .where('run_id', '=', run_id)
    .where('attempt', '=', attempt)
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function insertArtifact(db: Queries, artifact: Insertable<ArtifactsTable>): Promise<ArtifactRow> {
  return db.insertInto('artifacts').values(artifact).returningAll().executeTakeFirstOrThrow();
}

export async function finishArtifact(
  db: Queries,
  id: number,
  finished: Pick<ArtifactRow, 'size_bytes' | 'sha256' | 'updated_at'>,
): Promise<void> {
  await db
    .updateTable('artifacts')
    .set({ ...finished, state: 'ready' })
    .where('id', '=', id)
    .execute();
}

export async function deleteArtifact(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('artifacts').where('id', '=', id).execute();
}

/** Those whose time has come. */
export async function expiredArtifacts(db: Queries, now: string): Promise<ArtifactRow[]> {
  return db
    .selectFrom('artifacts')
    .selectAll()
    .where('state', '=', 'ready')
    .where('expires_at', '<=', now)
    .limit(1_000)
    .execute();
}

export async function markExpired(db: Queries, id: number, now: string): Promise<void> {
  await db.updateTable('artifacts').set({ state: 'expired', updated_at: now }).where('id', '=', id).execute();
}

/** Uploads that were given up, and rows of what expired long ago. */
export async function deleteStaleArtifacts(
  db: Queries,
  { uploadsBefore, expiredBefore }: { uploadsBefore: string; expiredBefore: string },
): Promise<void> {
  await db
    .deleteFrom('artifacts')
    .where(({ or, and, eb }) =>
      or([
        and([eb('state', '=', 'uploading'), eb('created_at', '<', uploadsBefore)]),
        and([eb('state', '=', 'expired'), eb('updated_at', '<', expiredBefore)]),
      ]),
    )
    .execute();
}
