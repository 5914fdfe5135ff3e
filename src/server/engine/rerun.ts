/** Further attempts of a run that has ended (SEM-29). */
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { Database } from '../../store/database.ts';
import { insertJobs, type JobRow, moveJob } from '../../store/jobs.ts';
import { beginAttempt, earlierAttempts, supersedeJobs } from '../../store/run-attempts.ts';
import type { RunRow } from '../../store/runs.ts';
import { jobOf, workflowConcurrency } from '../../workflow/index.ts';
import type { GitRepositories } from '../git/repositories.ts';
import type { WorkflowFiles } from '../workflow-files/workflow-files.ts';
import { type LinkedWorkflow, linkWorkflow } from './called-files.ts';
import { describeErrors } from './conclude.ts';
import { runContexts } from './contexts.ts';
import { newJob } from './new-job.ts';
import type { EngineOptions } from './options.ts';
import { type FreshJob, planRerun, type RerunChoice } from './rerun-plan.ts';
import { loadRunOrThrow, originOf, type RunBundle } from './run-bundle.ts';
import { enterRunGroup, storeFiles } from './start-run.ts';
import type { InUnit, Unit } from './unit.ts';

export interface RerunRequest {
  jobs: RerunChoice;
  debug: boolean;
  /** Who asks; the run's actor, and with it what it may do, stays who it was (SEM-29.2). */
  by: string;
}

export interface RerunOptions extends EngineOptions {
  db: Database;
  git: GitRepositories;
  files: WorkflowFiles;
  inUnit: InUnit;
}

/** SEM-29.1, counted from the first attempt. */
const LONGEST_MS = 30 * 24 * 60 * 60 * 1000;

/** https://docs.github.com/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs: of all kinds together. */
const MOST_RERUNS = 50;

/**
 * Begins another attempt with the same number, commit, event and actor.
 * @throws UserError 404; 403 in GitHub's words for a run that goes on, is too old, was run again too often, or has nothing
 * to run again; 422 for called files or a concurrency group that cannot be had any more
 */
export async function rerun(options: RerunOptions, runId: number, request: RerunRequest): Promise<void> {
  const files = request.jobs === 'all' ? await linkAnew(options, runId) : undefined;
  await options.inUnit((unit) => startAttempt(unit, options, runId, request, files));
}

/** SEM-29.4: a branch or tag that a call names is resolved again; a part of the run keeps what it had. */
async function linkAnew(options: RerunOptions, runId: number): Promise<LinkedWorkflow['files'] | undefined> {
  const { run, repository, workflow, workflowPath } = await loadRunOrThrow(options.db, options.reader, runId);
  if (run.status !== 'completed' || workflow.jobs.every(({ call }) => call === null)) return undefined;
  const origin = originOf(repository, workflowPath, run);
  const { db, git, files } = options;
  const linked = await linkWorkflow(
    { db, git, files, defaultPermissions: repository.default_permissions },
    { origin, workflow },
  );
  if (linked.errors.length > 0) throw new UserError('cannot-rerun', describeErrors(linked.errors));
  return linked.files;
}

async function startAttempt(
  unit: Unit,
  options: EngineOptions,
  runId: number,
  { jobs: choice, debug, by }: RerunRequest,
  files: LinkedWorkflow['files'] | undefined,
): Promise<void> {
  const bundle = await loadRunOrThrow(unit.db, options.reader, runId);
  await assertRerunnable(unit, bundle.run, choice);
  const plan = planRerun(bundle, choice, options.publicUrl());
  if (plan.fresh.length === 0) throw nothingToRun(choice);
  const run = await beginAttempt(unit.db, bundle.run, {
    at: unit.at,
    planId: newGuid(),
    triggeringActor: by,
    debug,
    calledFiles: files && JSON.stringify(await storeFiles(unit, files)),
  });
  if (!run) throw refusal(choice, 'running');
  await reopen(unit, run, plan.reopened);
  await supersedeJobs(
    unit.db,
    plan.replaced.map(({ id }) => id),
    run.attempt,
  );
  const fresh = await insertJobs(
    unit.db,
    plan.fresh.map((job) => freshRow(unit, run, job)),
  );
  for (const { id } of [...plan.reopened, ...fresh]) unit.changed('job', id);
  unit.changed('run', runId);
  await goOn(unit, options, await loadRunOrThrow(unit.db, options.reader, runId));
}

async function assertRerunnable(unit: Unit, run: RunRow, choice: RerunChoice): Promise<void> {
  if (run.status !== 'completed') throw refusal(choice, 'running');
  if (run.conclusion === 'startup_failure') throw refusal(choice, 'broken');
  const [first] = await earlierAttempts(unit.db, run.id);
  const age = unit.now - Date.parse(first?.created_at ?? run.created_at);
  if (age > LONGEST_MS) throw refusal(choice, 'too-old');
  if (run.attempt > MOST_RERUNS) throw refusal(choice, 'too-often');
}

const WHOLE_RUN = {
  running: 'This workflow is already running',
  'too-old': 'Unable to retry this workflow run because it was created over a month ago',
  broken: 'This workflow run cannot be retried',
  'too-often': `Unable to retry this workflow run because it has been re-run ${MOST_RERUNS} times`,
};
const ONE_JOB = {
  running: 'The workflow run containing this job is already running',
  'too-old': 'Unable to re-run this job because the workflow run was created over a month ago',
  broken: 'This workflow run cannot be retried',
  'too-often': `Unable to re-run this job because the workflow run has been re-run ${MOST_RERUNS} times`,
};

/** GitHub's words and status. */
const refusal = (choice: RerunChoice, why: keyof typeof WHOLE_RUN): UserError =>
  new UserError('cannot-rerun', (typeof choice === 'number' ? ONE_JOB : WHOLE_RUN)[why], { status: 403 });

function nothingToRun(choice: RerunChoice): UserError {
  if (typeof choice !== 'number') return new UserError('cannot-rerun', 'No job of the run failed.', { status: 403 });
  const why = `Unable to re-run job ${choice} because it is not part of the latest attempt of the run.`;
  return new UserError('cannot-rerun', why, { status: 403 });
}

/** A copy of each row keeps what it was; the row itself, to which the kept jobs belong, waits for its gates anew. */
async function reopen(unit: Unit, { attempt }: RunRow, calls: JobRow[]): Promise<void> {
  const copies = calls.map(({ id, ...row }) => ({
    ...row,
    job_guid: newGuid(),
    superseded_in: attempt,
    history_of: id,
  }));
  await insertJobs(unit.db, copies);
  for (const { id } of calls) {
    await moveJob(unit.db, id, ['completed'], {
      ...{ phase: 'held', attempt, conclusion: null, reason: null, outputs: '{}', annotations: '[]' },
      ...{ created_at: unit.at, started_at: null, completed_at: null },
    });
  }
}

function freshRow(unit: Unit, run: RunRow, { level, key, like }: FreshJob) {
  const row = newJob(run, jobOf(level.workflow, key), unit.at, level);
  return like === null ? row : { ...row, name: like.name, matrix: like.matrix, strategy: like.strategy };
}

/** SEM-8.9: it joins its concurrency group as a newcomer. */
async function goOn(unit: Unit, options: EngineOptions, bundle: RunBundle): Promise<void> {
  const { run, workflow, levels } = bundle;
  const own = levels.get(null);
  const group = own && workflowConcurrency(workflow, runContexts(own, options.publicUrl()));
  if (group && !group.ok) throw new UserError('cannot-rerun', describeErrors(group.errors));
  if (workflow.concurrency === null || (await enterRunGroup(unit, options, bundle)))
    unit.follow({ kind: 'advance', runId: run.id });
}
