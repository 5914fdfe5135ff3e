import { isoTime } from '../../common/clock.ts';
import type { Runner } from '../../protocol/dashboard/index.ts';
import type { Database } from '../../store/database.ts';
import { prepared } from '../../store/prepared.ts';
import { labelsOf, type RunnerRow } from '../../store/runners.ts';
import type { RunnerFacts } from '../../workflow/routing.ts';

/** The job that a runner holds, as far as its page shows it. */
type HeldJob = Awaited<ReturnType<typeof selectHeld>>[number];

/** By their runners; of one runner or of all. */
export async function heldJobs(db: Database, runnerId?: number): Promise<Map<number | null, HeldJob>> {
  return new Map((await selectHeld(db, { runnerId })).map((job) => [job.runner_id, job]));
}

const selectHeld = prepared((db, { runnerId }: { runnerId?: number }) => {
  const held = db
    .selectFrom('jobs')
    .innerJoin('repositories', 'repositories.id', 'jobs.repository_id')
    .select(['jobs.id', 'jobs.run_id', 'jobs.runner_id', 'jobs.name'])
    .select(['repositories.owner', 'repositories.name as repository'])
    .where('jobs.phase', 'in', ['assigned', 'running']);
  return runnerId === undefined ? held : held.where('jobs.runner_id', '=', runnerId);
});

/**
 * A runner as pages show it.
 * @param facts what the directory knows of it now; undefined while it is being removed
 */
export function viewRunner(
  row: RunnerRow,
  job: HeldJob | undefined,
  facts: RunnerFacts | undefined,
  lastSeenMs: number | null,
): Runner {
  return {
    id: row.id,
    name: row.name,
    scope: { kind: row.scope_kind, name: row.scope_name },
    group: facts?.group ?? 'Default',
    labels: labelsOf(row).map(({ name }) => name),
    os: row.os,
    version: row.version,
    ephemeral: row.ephemeral === 1,
    state: job ? 'busy' : facts?.online ? 'idle' : 'offline',
    job: job ? { id: job.id, runId: job.run_id, name: job.name, repository: `${job.owner}/${job.repository}` } : null,
    lastSeenAt: lastSeenMs === null ? null : isoTime(lastSeenMs),
    wall: JSON.parse(row.wall),
    groupWall: facts?.groupWall ?? null,
  };
}
