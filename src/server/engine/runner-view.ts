import { isoTime } from '../../common/clock.ts';
import type { Runner } from '../../protocol/dashboard/index.ts';
import type { Database } from '../../store/database.ts';
import { labelsOf, type RunnerRow } from '../../store/runners.ts';
import type { RunnerFacts } from '../../workflow/routing.ts';

/**
 * A runner as pages show it.
 * @param facts what the directory knows of it now; undefined while it is being removed
 */
export async function viewRunner(
  db: Database,
  row: RunnerRow,
  facts: RunnerFacts | undefined,
  lastSeenMs: number | null,
): Promise<Runner> {
  const job = await db
    .selectFrom('jobs')
    .innerJoin('repositories', 'repositories.id', 'jobs.repository_id')
    .select(['jobs.id', 'jobs.run_id', 'jobs.name', 'repositories.owner', 'repositories.name as repository'])
    .where('jobs.runner_id', '=', row.id)
    .where('jobs.phase', 'in', ['assigned', 'running'])
    .executeTakeFirst();
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
