import { newGuid } from '../../common/ids.ts';
import type { SourceError } from '../../protocol/dashboard/index.ts';
import { insertJobs } from '../../store/jobs.ts';
import {
  insertRun,
  type RunRow,
  refuseToStart,
  saveWorkflowText,
  setRunStatus,
  takeRunNumber,
} from '../../store/runs.ts';
import {
  runTitle,
  transitiveNeeds,
  type Workflow,
  type WorkflowOrigin,
  workflowConcurrency,
} from '../../workflow/index.ts';
import type { IncomingEvent, StartedRun } from './accept-event.ts';
import { enterGroup } from './concurrency.ts';
import { runContexts } from './contexts.ts';
import { newJob } from './new-job.ts';
import type { EngineOptions } from './options.ts';
import { loadRun, originOf, type RunBundle, type StoredFile } from './run-bundle.ts';
import type { Candidate } from './select-workflows.ts';
import { tellRun } from './tell-run.ts';
import type { Unit } from './unit.ts';

/** Makes the run of one workflow file and takes it as far as it goes. */
export async function startRun(
  unit: Unit,
  options: EngineOptions,
  event: IncomingEvent,
  eventId: number,
  { workflow, text, errors, called, inputs, payload }: Candidate,
  commitMessage: string,
): Promise<StartedRun> {
  const { repository } = event;
  const taken = await takeRunNumber(
    unit.db,
    { repositoryId: repository.id, path: workflow.path, name: workflow.name },
    unit.at,
  );
  const isRefused = errors.length > 0;
  const run = await insertRun(unit.db, {
    repository_id: repository.id,
    workflow_id: taken.id,
    run_number: taken.last_run_number,
    attempt: 1,
    plan_id: newGuid(),
    event: event.name,
    ref: event.ref,
    sha: event.sha,
    title: defaultTitle(event, commitMessage) || workflow.name,
    actor: event.actor,
    triggering_actor: event.actor,
    event_id: eventId,
    depth: event.depth ?? 0,
    called_files: JSON.stringify(await storeFiles(unit, called)),
    payload: JSON.stringify(payload),
    inputs: JSON.stringify(inputs),
    text_hash: await saveWorkflowText(unit.db, text),
    only_job: event.job ?? null,
    status: isRefused ? 'completed' : 'queued',
    conclusion: isRefused ? 'startup_failure' : null,
    errors: JSON.stringify(errors),
    cancel_requested_at: null,
    created_at: unit.at,
    started_at: null,
    completed_at: isRefused ? unit.at : null,
  });
  unit.changed('run', run.id);
  await tellRun(unit, options, run, 'requested');
  if (isRefused) await tellRun(unit, options, run, 'completed', 'startup_failure');
  if (!isRefused) await startJobs(unit, options, workflow, run, originOf(repository, workflow.path, run));
  return {
    id: run.id,
    number: run.run_number,
    workflowName: workflow.name,
    path: workflow.path,
    errors,
    warnings: workflow.warnings,
  };
}

/** What people know the event by, when the file has no `run-name` (SEM-5.3). */
function defaultTitle({ name, payload }: IncomingEvent, commitMessage: string): string {
  if (name === 'push') return commitMessage.split('\n', 1)[0] ?? '';
  const pull = payload.pull_request;
  const title = typeof pull === 'object' && pull !== null && !Array.isArray(pull) ? pull.title : undefined;
  return typeof title === 'string' ? title.trim() : '';
}

export async function storeFiles(unit: Unit, called: Candidate['called']): Promise<Record<string, StoredFile>> {
  const stored: Record<string, StoredFile> = {};
  for (const [key, { origin, text }] of called) {
    stored[key] = { origin, hash: await saveWorkflowText(unit.db, text) };
  }
  return stored;
}

async function startJobs(
  unit: Unit,
  options: EngineOptions,
  workflow: Workflow,
  run: RunRow,
  origin: WorkflowOrigin,
): Promise<void> {
  const only = workflow.jobs.find(({ key }) => key.toLowerCase() === run.only_job?.toLowerCase());
  const keys = only && new Set([only.key, ...transitiveNeeds(workflow, only.key)]);
  const jobs = workflow.jobs.filter(({ key }) => !keys || keys.has(key));
  await insertJobs(
    unit.db,
    jobs.map((job) => newJob(run, job, unit.at, { origin, caller: null })),
  );
  const bundle = await loadRun(unit.db, options.reader, run.id);
  if (!bundle) return;
  if (workflow.runName !== null) await setTitle(unit, options, bundle);
  if (workflow.concurrency === null || (await enterRunGroup(unit, options, bundle)))
    unit.follow({ kind: 'advance', runId: run.id });
}

/**
 * SEM-8.6: the run's own group is decided when the run is created.
 * @returns whether the run may go on
 */
export async function enterRunGroup(
  unit: Unit,
  options: EngineOptions,
  { run, workflow, levels }: RunBundle,
): Promise<boolean> {
  const own = levels.get(null);
  const wanted = own && workflowConcurrency(workflow, runContexts(own, options.publicUrl()));
  if (!wanted?.ok) {
    await refuseRun(unit, options, run, wanted?.errors ?? []);
    return false;
  }
  if (wanted.value === null) return true;
  const answer = await enterGroup(unit, { run, job: null, callers: [] }, wanted.value);
  if (answer.state === 'holding') return true;
  await setRunStatus(unit.db, run.id, 'pending');
  if (answer.state === 'refused') unit.follow({ kind: 'cancel-run', runId: run.id, why: answer.why });
  return false;
}

/** SEM-5.5: a run whose concurrency group cannot be evaluated has no jobs. */
async function refuseRun(unit: Unit, options: EngineOptions, run: RunRow, errors: SourceError[]): Promise<void> {
  await unit.db.deleteFrom('jobs').where('run_id', '=', run.id).execute();
  await refuseToStart(unit.db, run.id, JSON.stringify(errors), unit.at);
  await tellRun(unit, options, run, 'completed', 'startup_failure');
}

/** SEM-5.3: `run-name` sees the run's own ids, so it is evaluated once they are known. */
async function setTitle(unit: Unit, options: EngineOptions, { run, workflow, levels }: RunBundle): Promise<void> {
  const own = levels.get(null);
  if (!own) return;
  const title = runTitle(workflow, runContexts(own, options.publicUrl()), run.title);
  await unit.db.updateTable('runs').set({ title }).where('id', '=', run.id).execute();
}
