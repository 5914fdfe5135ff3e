import { addRunEvent, type RunActivity } from '../../store/events.ts';
import type { RunRow } from '../../store/runs.ts';
import type { EngineOptions } from './options.ts';
import type { Unit } from './unit.ts';

/**
 * Notes in the same transaction that workflows may start because of a run (`workflow_run`, SEM-2.10), so that no stop of
 * the server loses it. Costs nothing where nobody listens.
 */
export async function tellRun(
  unit: Unit,
  options: Pick<EngineOptions, 'listens' | 'runEventDue'>,
  { id, repository_id, attempt }: Pick<RunRow, 'id' | 'repository_id' | 'attempt'>,
  activity: RunActivity,
  conclusion: string | null = null,
): Promise<void> {
  unit.tell({ kind: 'run', action: activity, runId: id, repositoryId: repository_id });
  if (!options.listens(repository_id, activity)) return;
  await addRunEvent(unit.db, { run_id: id, attempt, activity, conclusion, created_at: unit.at });
  unit.afterCommit(options.runEventDue);
}
