/** What stands between a job that is ready and the queue, in its order: concurrency groups, then the environment. */
import type { SourceError } from '../../protocol/dashboard/index.ts';
import { findOrInsertEnvironment, LONGEST_ENVIRONMENT_NAME } from '../../store/environments.ts';
import { addReason, type JobRow, moveJob } from '../../store/jobs.ts';
import { type Concurrency, type JobEnvironment, workflowConcurrency } from '../../workflow/index.ts';
import { describeWait, mayTake, type RunnerFacts } from '../../workflow/routing.ts';
import { startCall } from './calls.ts';
import { describeErrors, failBeforeStart, failure } from './conclude.ts';
import { enterGroup } from './concurrency.ts';
import { runContexts } from './contexts.ts';
import { startDeployment } from './deployments.ts';
import { askEnvironment } from './environment-rules.ts';
import { endJob } from './job-end.ts';
import type { EngineOptions } from './options.ts';
import { requirementOf } from './requirement.ts';
import type { RunBundle } from './run-bundle.ts';
import type { Unit } from './unit.ts';

/** Nothing but a runner is asked for. */
export const hasGates = (job: Pick<JobRow, 'concurrency' | 'environment' | 'called_file'>): boolean =>
  job.concurrency !== 'null' || job.environment !== 'null' || job.called_file !== null;

/**
 * Takes a job as far as its gates are open (SEM-8.6, 12.3). Idempotent: called again when one of them may have opened.
 * The job's end, where a gate refuses it, is the caller's to follow up: `advance` is asked for.
 */
export async function passGates(unit: Unit, options: EngineOptions, bundle: RunBundle, job: JobRow): Promise<void> {
  if (!(await passGroups(unit, options, bundle, job))) return;
  if (!(await passEnvironment(unit, bundle, job))) return;
  if (job.called_file !== null) return startCall(unit, bundle, job);
  const change = { phase: 'queued', queued_at: unit.moment(), waiting_until: null, reason: null } as const;
  const queued = await moveJob(unit.db, job.id, BEFORE_QUEUE, change);
  if (!queued) return;
  unit.changed('run', job.run_id);
  await offer(unit, options, bundle, queued);
}

const BEFORE_QUEUE = ['held', 'pending', 'waiting'] as const;

/** The job has just been queued: whoever is free may have it. */
export async function offer(unit: Unit, options: EngineOptions, bundle: RunBundle, job: JobRow): Promise<void> {
  unit.changed('job', job.id);
  unit.tell({ kind: 'job', action: 'queued', job });
  await recordWait(unit, options, bundle, job);
  unit.moved(job);
}

/** Why the job does not start at once, when no idle runner can take it. */
async function recordWait(unit: Unit, options: EngineOptions, bundle: RunBundle, job: JobRow): Promise<void> {
  const requirement = requirementOf(job, bundle.repository);
  const runners = options.runners();
  const isFree = (runner: RunnerFacts): boolean => runner.online && !runner.busy;
  if (runners.some((runner) => isFree(runner) && mayTake(requirement, runner))) return;
  await addReason(
    unit.db,
    job.id,
    `Waits. ${describeWait(requirement, runners, options.scaleSets()).join(' ')}`,
    unit.at,
  );
}

/** @returns whether the job holds all its groups */
async function passGroups(unit: Unit, options: EngineOptions, bundle: RunBundle, job: JobRow): Promise<boolean> {
  const wanted = wantedGroups(options, bundle, job);
  if (!wanted.ok) {
    await failBeforeStart(unit, job, describeErrors(wanted.errors));
    unit.follow({ kind: 'advance', runId: job.run_id });
    return false;
  }
  for (const group of wanted.value) {
    const answer = await enterGroup(unit, { run: bundle.run, job, callers: callersOf(bundle, job) }, group);
    if (answer.state === 'holding') continue;
    if (answer.state === 'refused') await refuse(unit, job, 'cancelled', answer.why);
    else await hold(unit, job, 'pending', answer.why, null);
    return false;
  }
  return true;
}

/** The job's own group, and of a call the one that the called workflow names for all its jobs (SEM-8.8). */
function wantedGroups(
  options: EngineOptions,
  bundle: RunBundle,
  job: JobRow,
): { ok: true; value: Concurrency[] } | { ok: false; errors: SourceError[] } {
  const own = JSON.parse(job.concurrency) as Concurrency | null;
  const level = bundle.levels.get(job.id);
  const called = level ? workflowConcurrency(level.workflow, runContexts(level, options.publicUrl())) : null;
  if (called && !called.ok) return called;
  return { ok: true, value: [own, called?.value ?? null].filter((group) => group !== null) };
}

function callersOf(bundle: RunBundle, job: JobRow): number[] {
  const caller = bundle.levels.get(job.parent_id)?.caller;
  return caller ? [caller.id, ...callersOf(bundle, caller)] : [];
}

/** @returns whether the rules of its environment let the job go on; one without an environment has none to pass */
async function passEnvironment(unit: Unit, bundle: RunBundle, job: JobRow): Promise<boolean> {
  const named = JSON.parse(job.environment) as JobEnvironment | null;
  if (named === null) return true;
  if (named.name.length > LONGEST_ENVIRONMENT_NAME) {
    const why = `The name of an environment has at most ${LONGEST_ENVIRONMENT_NAME} characters.`;
    await refuse(unit, job, 'failure', why);
    return false;
  }
  const environment = await findOrInsertEnvironment(unit.db, bundle.repository.id, named.name, unit.now);
  const answer = await askEnvironment(unit, bundle, job, environment);
  if (answer.state === 'refused') {
    await refuse(unit, job, 'failure', answer.why);
    return false;
  }
  const isOpen = answer.state === 'open';
  await startDeployment(unit, bundle, job, environment, isOpen ? 'queued' : 'waiting');
  if (!isOpen) await hold(unit, job, 'waiting', answer.why, answer.until);
  return isOpen;
}

async function refuse(unit: Unit, job: JobRow, conclusion: 'failure' | 'cancelled', why: string): Promise<void> {
  const annotations = conclusion === 'failure' ? [failure(why)] : [];
  await endJob(unit, job, { conclusion, reason: why, annotations });
}

async function hold(
  unit: Unit,
  job: JobRow,
  phase: 'pending' | 'waiting',
  why: string,
  until: string | null,
): Promise<void> {
  const since = phase === 'waiting' ? (job.waiting_since ?? unit.at) : null;
  const change = { phase, waiting_since: since, waiting_until: until, reason: why };
  const row = await moveJob(unit.db, job.id, BEFORE_QUEUE, change);
  if (!row) return;
  if (phase === 'waiting' && job.phase !== phase) unit.tell({ kind: 'job', action: 'waiting', job: row });
  if (job.phase !== phase || job.reason !== why) await addReason(unit.db, job.id, why, unit.at);
  unit.moved(row);
  unit.changed('job', job.id);
  unit.changed('run', job.run_id);
}
