/** What stands between a job that is ready and the queue, in its order: concurrency groups, then the environment. */
import type { SourceError } from '../../protocol/dashboard/index.ts';
import { addReason, type JobRow, moveJob } from '../../store/jobs.ts';
import { type Concurrency, workflowConcurrency } from '../../workflow/index.ts';
import { describeWait, mayTake, type RunnerFacts } from '../../workflow/routing.ts';
import { startCall } from './calls.ts';
import { concludeJob, describeErrors, failBeforeStart } from './conclude.ts';
import { enterGroup } from './concurrency.ts';
import { runContexts } from './contexts.ts';
import { askEnvironment } from './environment-rules.ts';
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
  if (!(await passEnvironment(unit, options, bundle, job))) return;
  if (job.called_file !== null) return startCall(unit, bundle, job);
  const queued = await moveJob(unit.db, job.id, BEFORE_QUEUE, { phase: 'queued', queued_at: unit.moment() });
  if (queued) await offer(unit, options, bundle, queued);
}

const BEFORE_QUEUE = ['held', 'pending', 'waiting'] as const;

/** The job has just been queued: whoever is free may have it. */
export async function offer(unit: Unit, options: EngineOptions, bundle: RunBundle, job: JobRow): Promise<void> {
  unit.changed('job', job.id);
  await recordWait(unit, options, bundle, job);
  unit.moved(job);
}

/** Why the job does not start at once, when no idle runner can take it. */
async function recordWait(unit: Unit, options: EngineOptions, bundle: RunBundle, job: JobRow): Promise<void> {
  const requirement = requirementOf(job, bundle.repository);
  const runners = options.runners();
  const isFree = (runner: RunnerFacts): boolean => runner.online && !runner.busy;
  if (runners.some((runner) => isFree(runner) && mayTake(requirement, runner))) return;
  await addReason(unit.db, job.id, `Waits. ${describeWait(requirement, runners).join(' ')}`, unit.at);
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

async function passEnvironment(unit: Unit, options: EngineOptions, bundle: RunBundle, job: JobRow): Promise<boolean> {
  if (job.environment === 'null') return true;
  const answer = await askEnvironment(unit, options, bundle, job);
  if (answer.state === 'open') return true;
  if (answer.state === 'refused') await refuse(unit, job, 'failure', answer.why);
  else await hold(unit, job, 'waiting', answer.why, answer.until);
  return false;
}

async function refuse(unit: Unit, job: JobRow, conclusion: 'failure' | 'cancelled', why: string): Promise<void> {
  if (conclusion === 'failure') await failBeforeStart(unit, job, why);
  else await concludeJob(unit, job, { conclusion, reason: why });
  unit.follow({ kind: 'advance', runId: job.run_id });
}

async function hold(
  unit: Unit,
  job: JobRow,
  phase: 'pending' | 'waiting',
  why: string,
  until: string | null,
): Promise<void> {
  const row = await moveJob(unit.db, job.id, BEFORE_QUEUE, { phase, waiting_until: until, reason: why });
  if (!row) return;
  if (job.phase !== phase || job.reason !== why) await addReason(unit.db, job.id, why, unit.at);
  unit.moved(row);
  unit.changed('job', job.id);
}
