import { type Runner, type RunnerScope, scopeName } from '../../protocol/github/runners.ts';
import { allRunners, type RunnerRow } from '../../store/runners.ts';
import type { ServerContext } from '../context.ts';

export async function runnersIn(context: ServerContext, scope: RunnerScope): Promise<RunnerRow[]> {
  const name = scopeName(scope).toLowerCase();
  return (await allRunners(context.db)).filter(
    (row) => row.scope_kind === scope.kind && row.scope_name.toLowerCase() === name,
  );
}

/** A runner as GitHub's REST shows it. */
export async function viewRunner(context: ServerContext, row: RunnerRow): Promise<Runner> {
  const view = await context.engine.views.runner(row.id);
  const state = view?.state ?? 'offline';
  const labels = JSON.parse(row.labels) as { name: string; type: 'read-only' | 'custom' }[];
  return {
    id: row.id,
    name: row.name,
    os: row.os,
    status: state === 'offline' ? 'offline' : 'online',
    busy: state === 'busy',
    ephemeral: row.ephemeral === 1,
    runner_group_id: row.group_id,
    labels: labels.map((label, index) => ({ id: index + 1, ...label })),
    // GitHub has no such fields; what reads its shapes passes over them.
    wall: view?.wall ?? null,
    group_wall: view?.groupWall ?? null,
  };
}
