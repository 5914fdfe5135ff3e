/** Which workflow files an event starts, before anything is stored. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UserError } from '../../common/errors.ts';
import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Database } from '../../store/database.ts';
import { disabledWorkflows } from '../../store/workflows.ts';
import {
  type EventFacts,
  type EventMatch,
  type FilterOptions,
  matchEvent,
  resolveDispatchInputs,
  type Workflow,
} from '../../workflow/index.ts';
import type { GitRepositories } from '../git/repositories.ts';
import type { WorkflowFiles } from '../workflow-files/workflow-files.ts';
import type { IncomingEvent, NotStarted, Refusal } from './accept-event.ts';
import { type LinkedWorkflow, linkWorkflow } from './called-files.ts';
import type { EngineOptions } from './options.ts';

export interface SelectOptions extends EngineOptions {
  db: Database;
  git: GitRepositories;
  files: WorkflowFiles;
}

/** A workflow file that the event starts, or would start if it had no errors. */
export interface Candidate {
  workflow: Workflow;
  text: string;
  errors: SourceError[];
  called: LinkedWorkflow['files'];
  inputs: Record<string, Json>;
  /** `github.event`. */
  payload: Record<string, Json>;
}

/** What an event does with the workflow files that there are. */
export interface Selection {
  candidates: Candidate[];
  notStarted: NotStarted[];
}

export async function selectWorkflows(
  options: SelectOptions,
  event: IncomingEvent,
  commitMessage: string,
): Promise<Selection> {
  const files = await options.files.at(event.repository, event.sha);
  const wanted = files.filter(({ path }) => event.workflow === undefined || path === event.workflow);
  if (event.workflow !== undefined && wanted.length === 0) throw noSuchWorkflow(event.workflow, event.sha, files);
  const facts = factsOf(event, commitMessage);
  if (wanted.some(({ workflow }) => hasPathFilter(workflow, event.name))) {
    facts.changedFiles = await changedFiles(options, event);
  }
  const refusal = refusalOf(event);
  const disabled = await disabledWorkflows(options.db, event.repository.id);
  const candidates: Candidate[] = [];
  const notStarted: NotStarted[] = [];
  for (const { path, text, workflow } of wanted) {
    const { triggered, reason, filter } = decide(workflow, facts, options.filters);
    const refused = refusal ?? (disabled.has(path) ? DISABLED : undefined);
    if (!triggered || refused)
      notStarted.push({ file: path, ...(triggered && refused ? refused : { reason, filter }) });
    else candidates.push({ workflow, text, ...(await link(options, event, workflow)), ...inputsOf(workflow, event) });
    // Many files that are costly to match hold nobody else up.
    await nextTurn();
  }
  if (event.job === undefined) return { candidates, notStarted };
  const readable = wanted.map(({ workflow }) => workflow);
  return onlyWithJob(event.job, readable, candidates, notStarted);
}

const DISABLED: Refusal = { filter: 'disabled', reason: 'The workflow is disabled.' };

/** SEM-2.5: else a workflow that pushes would start itself for ever. */
function refusalOf({ name, causingJob, refusal }: IncomingEvent): Refusal | undefined {
  if (refusal || causingJob === undefined || name === 'workflow_dispatch' || name === 'repository_dispatch')
    return refusal;
  const reason = `Job ${causingJob} caused the event with its GITHUB_TOKEN, and such events start no runs.`;
  return { filter: 'caused-by-job', reason };
}

function factsOf(event: IncomingEvent, commitMessage: string): EventFacts {
  const { name, ref, filterRef, activity, workflowName, cron, deleted } = event;
  return { name, ref: filterRef ?? ref, activity, changedFiles: null, workflowName, cron, deleted, commitMessage };
}

async function changedFiles({ git }: SelectOptions, event: IncomingEvent): Promise<string[] | null> {
  if (event.name !== 'push') return (await event.changedFiles?.()) ?? null;
  return event.deleted ? null : git.changedFiles(event.repository, event.before ?? null, event.sha);
}

/** Reads the files that it calls; what is wrong with them keeps the run from starting (SEM-5.5). */
async function link(
  options: SelectOptions,
  { repository, ref, sha }: IncomingEvent,
  workflow: Workflow,
): Promise<Pick<Candidate, 'errors' | 'called'>> {
  const { errors } = workflow;
  if (errors.length > 0 || workflow.jobs.every(({ call }) => call === null)) return { errors, called: new Map() };
  const origin = { repository: `${repository.owner}/${repository.name}`, path: workflow.path, ref, sha };
  const linked = await linkWorkflow(
    { ...options, defaultPermissions: repository.default_permissions },
    { origin, workflow },
  );
  return { errors: linked.errors, called: linked.files };
}

function noSuchWorkflow(path: string, sha: string, files: { path: string }[]): UserError {
  const known = files.length > 0 ? `there are ${files.map((file) => file.path).join(', ')}` : 'there is none at all';
  return new UserError('no-such-workflow', `There is no workflow file ${path} at ${sha.slice(0, 7)}; ${known}.`);
}

/**
 * Leaves out the files without the job. A file with errors may hide it, so those stay when no other has it.
 * @throws UserError when no file has it, whether the event starts the file or not
 */
function onlyWithJob(job: string, workflows: Workflow[], candidates: Candidate[], notStarted: NotStarted[]): Selection {
  const having = candidates.filter(({ workflow }) => hasJob(workflow, job));
  const chosen = having.length > 0 ? having : candidates.filter(({ errors }) => errors.length > 0);
  if (chosen.length === 0 && !workflows.some((workflow) => hasJob(workflow, job))) throw noSuchJob(job, workflows);
  const others = candidates.filter((candidate) => !chosen.includes(candidate));
  const left = others.map(({ workflow: { path } }) => ({
    file: path,
    reason: `It has no job "${job}".`,
    filter: 'job',
  }));
  return { candidates: chosen, notStarted: [...notStarted, ...left] };
}

function noSuchJob(job: string, workflows: Workflow[]): UserError {
  const known = workflows.map(({ path, jobs }) => `${jobs.map(({ key }) => key).join(', ') || 'none'} in ${path}`);
  const there = known.length > 0 ? `there are ${known.join('; ')}` : 'there is no workflow file';
  return new UserError('no-such-job', `There is no job "${job}"; ${there}.`);
}

/** A push of a file too broken to have triggers shows its errors on a run, as GitHub does (SEM-1.10). */
function decide(
  workflow: Workflow,
  facts: EventFacts,
  filters: FilterOptions,
): Pick<EventMatch, 'triggered' | 'reason' | 'filter'> {
  if (workflow.triggers !== null) return matchEvent(workflow, facts, filters);
  const triggered = facts.name === 'push' && !facts.deleted;
  return { triggered, reason: workflow.errors.map(({ message }) => message).join(' '), filter: null };
}

const hasJob = ({ jobs }: Workflow, key: string): boolean =>
  jobs.some((job) => job.key.toLowerCase() === key.toLowerCase());

const hasPathFilter = ({ triggers }: Workflow, event: string): boolean =>
  (triggers ?? []).some(
    (trigger) => trigger.event === event && (trigger.paths ?? trigger['paths-ignore']) !== undefined,
  );

/** SEM-4.8: `inputs` has the declared types, `github.event.inputs` the texts. */
function inputsOf(workflow: Workflow, event: IncomingEvent): Pick<Candidate, 'inputs' | 'payload'> {
  if (event.name !== 'workflow_dispatch') return { inputs: {}, payload: event.payload };
  const { inputs, texts, errors } = resolveDispatchInputs(workflow, event.inputs ?? {});
  if (errors.length > 0) throw new UserError('bad-inputs', errors.join(' '));
  return { inputs, payload: { ...event.payload, inputs: texts } };
}
