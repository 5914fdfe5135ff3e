/** Commit statuses that the original of a mirror shows: https://docs.github.com/rest/commits/statuses */
import { findMirror, putMirrorStatus } from '../../store/mirrors.ts';
import { findRunWithWorkflow, type RunWithWorkflow } from '../../store/runs-read.ts';
import type { MirrorStatusesTable } from '../../store/tables/mirrors.ts';
import type { Announce, News } from '../engine/news.ts';

const STATES: Record<string, MirrorStatusesTable['state']> = {
  success: 'success',
  skipped: 'success',
  failure: 'failure',
};
/** GitHub's limit. */
const LONGEST_DESCRIPTION = 140;

/** Notes what a run's commit is to show, in the transaction in which it changed. @returns whether there is anything to tell */
export async function noteRun(
  unit: Parameters<Announce>[0],
  publicUrl: string,
  { action, runId, repositoryId }: News & { kind: 'run' },
): Promise<boolean> {
  const mirror = await findMirror(unit.db, repositoryId);
  const run = mirror?.token ? await findRunWithWorkflow(unit.db, repositoryId, runId) : undefined;
  if (!run) return false;
  await putMirrorStatus(unit.db, {
    repository_id: repositoryId,
    sha: run.head_sha,
    context: `Switchyard / ${run.workflow_name} (${run.event})`,
    state: action === 'completed' ? (STATES[run.conclusion ?? ''] ?? 'error') : 'pending',
    description: describe(run, action).slice(0, LONGEST_DESCRIPTION),
    target_url: `${publicUrl}/runs/${run.id}`,
    next_at: unit.at,
  });
  return true;
}

function describe({ run_number: number, conclusion }: RunWithWorkflow, action: string): string {
  if (action === 'requested') return `Run ${number} waits`;
  return action === 'in_progress' ? `Run ${number} is under way` : `Run ${number} ended with ${conclusion}`;
}
