import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { insertJobs } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { acceptOnce, insertRun, type RunRow, saveWorkflowText, takeRunNumber } from '../../store/runs.ts';
import {
  type EventFacts,
  matchEvent,
  resolveDispatchInputs,
  runTitle,
  transitiveNeeds,
  type Workflow,
} from '../../workflow/index.ts';
import type { GitRepositories } from '../git/repositories.ts';
import { advanceRun, newJob, type ProgressOptions } from './progress.ts';
import { githubContext, loadRun } from './run-bundle.ts';
import type { InUnit, Unit } from './unit.ts';

/** Something that happened in a repository and may start workflows: the one door for push, REST and `run`. */
export interface IncomingEvent {
  /** Natural key: the same event may arrive twice and starts its runs once. */
  key: string;
  repository: RepositoryRow;
  name: string;
  /** Full ref. */
  ref: string;
  /** Commit whose workflow files count. */
  sha: string;
  /** Where the ref was before a push; null when it is new. */
  before?: string | null;
  actor: string;
  payload: Record<string, Json>;
  /** Of workflow_dispatch, as given. */
  inputs?: Record<string, string>;
  /** Only this workflow file. */
  workflow?: string;
  /** Only this job and what it needs. */
  job?: string;
}

export interface EventOutcome {
  runs: StartedRun[];
  notStarted: { file: string; reason: string }[];
  /** The key was seen before: nothing was started now. */
  alreadyAccepted: boolean;
}

export interface StartedRun {
  id: number;
  number: number;
  workflowName: string;
  path: string;
  /** Not empty: the run ended at once as `startup_failure`. */
  errors: SourceError[];
  /** They stop nothing. */
  warnings: SourceError[];
}

export interface AcceptOptions extends ProgressOptions {
  inUnit: InUnit;
  git: GitRepositories;
}

/** A workflow file that the event starts, or would start if it had no errors. */
interface Candidate {
  workflow: Workflow;
  text: string;
  errors: SourceError[];
  inputs: Record<string, Json>;
  /** `github.event`. */
  payload: Record<string, Json>;
}

/**
 * Starts a run per workflow file that the event matches (SEM-2.2), all in one transaction.
 * @throws UserError 422 for inputs, a workflow or a job that do not exist
 */
export async function acceptEvent(options: AcceptOptions, event: IncomingEvent): Promise<EventOutcome> {
  // Only a push is judged and named by its commit (SEM-2.6, 5.3).
  const message = event.name === 'push' ? (await options.git.commit(event.repository, event.sha)).message : '';
  const { candidates, notStarted } = await selectWorkflows(options, event, message);
  return options.inUnit(async (unit) => {
    if (!(await acceptOnce(unit.db, event.key, unit.at))) return { runs: [], notStarted: [], alreadyAccepted: true };
    const runs: StartedRun[] = [];
    for (const candidate of candidates) runs.push(await startRun(unit, options, event, candidate, message));
    return { runs, notStarted, alreadyAccepted: false };
  });
}

async function selectWorkflows(
  options: AcceptOptions,
  event: IncomingEvent,
  commitMessage: string,
): Promise<{ candidates: Candidate[]; notStarted: EventOutcome['notStarted'] }> {
  const files = await options.git.workflowFiles(event.repository, event.sha);
  const wanted = files.filter(({ path }) => event.workflow === undefined || path === event.workflow);
  if (event.workflow !== undefined && wanted.length === 0) throw noSuchWorkflow(event.workflow, event.sha, files);
  const workflows = wanted.map((file) => ({ file, workflow: options.cache.read(file.path, file.text) }));
  const facts: EventFacts = { name: event.name, ref: event.ref, commitMessage, changedFiles: null };
  if (event.name === 'push' && workflows.some(({ workflow }) => hasPathFilter(workflow))) {
    facts.changedFiles = await options.git.changedFiles(event.repository, event.before ?? null, event.sha);
  }
  const candidates: Candidate[] = [];
  const notStarted: EventOutcome['notStarted'] = [];
  for (const { file, workflow } of workflows) {
    const errors = file.tooLarge ? [tooLarge(file.path)] : workflow.errors;
    const decision = decide(workflow, errors, facts);
    if (!decision.triggered) notStarted.push({ file: file.path, reason: decision.reason });
    else candidates.push({ workflow, text: file.text, errors, ...inputsOf(workflow, event) });
  }
  if (event.job === undefined) return { candidates, notStarted };
  const readable = workflows.map(({ workflow }) => workflow);
  return onlyWithJob(event.job, readable, candidates, notStarted);
}

function noSuchWorkflow(path: string, sha: string, files: { path: string }[]): UserError {
  const known = files.length > 0 ? `there are ${files.map((file) => file.path).join(', ')}` : 'there is none at all';
  return new UserError('no-such-workflow', `There is no workflow file ${path} at ${sha.slice(0, 7)}; ${known}.`);
}

/**
 * Leaves out the files without the job. A file with errors may hide it, so those stay when no other has it.
 * @throws UserError when no file has it, whether the event starts the file or not
 */
function onlyWithJob(
  job: string,
  workflows: Workflow[],
  candidates: Candidate[],
  notStarted: EventOutcome['notStarted'],
): { candidates: Candidate[]; notStarted: EventOutcome['notStarted'] } {
  const having = candidates.filter(({ workflow }) => hasJob(workflow, job));
  const chosen = having.length > 0 ? having : candidates.filter(({ errors }) => errors.length > 0);
  if (chosen.length === 0 && !workflows.some((workflow) => hasJob(workflow, job))) throw noSuchJob(job, workflows);
  const others = candidates.filter((candidate) => !chosen.includes(candidate));
  const left = others.map(({ workflow: { path } }) => ({ file: path, reason: `It has no job "${job}".` }));
  return { candidates: chosen, notStarted: [...notStarted, ...left] };
}

function noSuchJob(job: string, workflows: Workflow[]): UserError {
  const known = workflows.map(({ path, jobs }) => `${jobs.map(({ key }) => key).join(', ') || 'none'} in ${path}`);
  const there = known.length > 0 ? `there are ${known.join('; ')}` : 'there is no workflow file';
  return new UserError('no-such-job', `There is no job "${job}"; ${there}.`);
}

/** A push of a file too broken to have triggers shows its errors on a run, as GitHub does (SEM-1.10). */
function decide(workflow: Workflow, errors: SourceError[], facts: EventFacts): { triggered: boolean; reason: string } {
  if (workflow.triggers !== null && errors === workflow.errors) return matchEvent(workflow, facts);
  return { triggered: facts.name === 'push', reason: errors.map(({ message }) => message).join(' ') };
}

/** SEM-1.9 */
function tooLarge(file: string): SourceError {
  return { file, line: null, column: null, message: 'The file is larger than the maximum of 1 MiB.' };
}

const hasJob = ({ jobs }: Workflow, key: string): boolean =>
  jobs.some((job) => job.key.toLowerCase() === key.toLowerCase());

const hasPathFilter = ({ triggers }: Workflow): boolean =>
  (triggers ?? []).some((trigger) => trigger.paths !== undefined || trigger['paths-ignore'] !== undefined);

/** SEM-4.8: `inputs` has the declared types, `github.event.inputs` the texts. */
function inputsOf(workflow: Workflow, event: IncomingEvent): Pick<Candidate, 'inputs' | 'payload'> {
  if (event.name !== 'workflow_dispatch') return { inputs: {}, payload: event.payload };
  const { inputs, texts, errors } = resolveDispatchInputs(workflow, event.inputs ?? {});
  if (errors.length > 0) throw new UserError('bad-inputs', errors.join(' '));
  return { inputs, payload: { ...event.payload, inputs: texts } };
}

async function startRun(
  unit: Unit,
  options: AcceptOptions,
  event: IncomingEvent,
  { workflow, text, errors, inputs, payload }: Candidate,
  commitMessage: string,
): Promise<StartedRun> {
  const { repository } = event;
  const taken = await takeRunNumber(
    unit.db,
    { repositoryId: repository.id, path: workflow.path, name: workflow.name },
    unit.at,
  );
  const isRefused = errors.length > 0;
  const subject = commitMessage.split('\n', 1)[0] ?? '';
  const run = await insertRun(unit.db, {
    repository_id: repository.id,
    workflow_id: taken.id,
    run_number: taken.last_run_number,
    attempt: 1,
    plan_id: newGuid(),
    event: event.name,
    ref: event.ref,
    sha: event.sha,
    title: (event.name === 'push' && subject) || workflow.name,
    actor: event.actor,
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
  if (!isRefused) await startJobs(unit, options, workflow, run);
  return {
    id: run.id,
    number: run.run_number,
    workflowName: workflow.name,
    path: workflow.path,
    errors,
    warnings: workflow.warnings,
  };
}

async function startJobs(unit: Unit, options: AcceptOptions, workflow: Workflow, run: RunRow): Promise<void> {
  const only = workflow.jobs.find(({ key }) => key.toLowerCase() === run.only_job?.toLowerCase());
  const keys = only && new Set([only.key, ...transitiveNeeds(workflow, only.key)]);
  const jobs = workflow.jobs.filter(({ key }) => !keys || keys.has(key));
  await insertJobs(
    unit.db,
    jobs.map(({ key, needs }) => newJob(run, key, JSON.stringify(needs), unit.at)),
  );
  if (workflow.runName !== null) await setTitle(unit, options, run.id);
  await advanceRun(unit, options, run.id);
}

/** SEM-5.3: `run-name` sees the run's own ids, so it is evaluated once they are known. */
async function setTitle(unit: Unit, options: AcceptOptions, runId: number): Promise<void> {
  const bundle = await loadRun(unit.db, options.cache, runId);
  if (!bundle) return;
  const contexts = {
    github: githubContext(bundle, options.publicUrl()),
    inputs: JSON.parse(bundle.run.inputs) as Json,
    vars: bundle.vars,
  };
  const title = runTitle(bundle.workflow, contexts, bundle.run.title);
  await unit.db.updateTable('runs').set({ title }).where('id', '=', runId).execute();
}
