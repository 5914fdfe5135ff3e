import type { Insertable } from 'kysely';
import { hasJobIn, insertJobs, type JobRow, moveJob } from '../../store/jobs.ts';
import { concludeRun } from '../../store/runs.ts';
import type { JobsTable } from '../../store/tables/jobs.ts';
import {
  callInputs,
  callTarget,
  evaluateJobCondition,
  expandMatrix,
  type JobCondition,
  type JobConfiguration,
  jobOf,
  resolveJob,
} from '../../workflow/index.ts';
import { concludeCalls } from './calls.ts';
import { concludeJob, describeErrors, failBeforeStart } from './conclude.ts';
import { leaveGroup } from './concurrency.ts';
import { aggregate, conditionState, jobContexts, parseKeys, resultOf } from './contexts.ts';
import { hasGates, offer, passGates } from './gates.ts';
import { calledName, newJob } from './new-job.ts';
import type { EngineOptions } from './options.ts';
import { permissionsOf } from './permissions.ts';
import { type Level, levelOf, loadRun, type RunBundle } from './run-bundle.ts';
import { describeJobSkip } from './skips.ts';
import { tellRun } from './tell-run.ts';
import type { Unit } from './unit.ts';

/**
 * Takes a run as far as its completed jobs allow: jobs whose needs are complete are skipped, failed, or expanded and
 * sent on their way to the queue (SEM-5.6, 9); when all are complete, the run is concluded. Idempotent: called after
 * every change to a job.
 */
export async function advanceRun(unit: Unit, options: EngineOptions, runId: number): Promise<void> {
  for (;;) {
    // The usual case in a large matrix: others still run and nothing waits for this one alone.
    const mayStart = await hasJobIn(unit.db, runId, ['blocked', 'held', 'calling']);
    if (!mayStart && (await hasJobIn(unit.db, runId, UNDER_WAY))) return;
    const bundle = await loadRun(unit.db, options.reader, runId);
    if (!bundle || bundle.run.status === 'completed') return;
    if (bundle.run.status === 'pending' && bundle.run.cancel_requested_at === null) return;
    let hasEnded = await concludeCalls(unit, options, bundle);
    let hasStarted = false;
    for (const level of openLevels(bundle)) {
      for (const job of readyJobs(level)) {
        hasStarted = true;
        hasEnded = (await startJob(unit, options, level, job)) || hasEnded;
      }
    }
    // Only a job that ended at once can make others ready, or the run complete.
    if (hasEnded) continue;
    await releaseHeld(unit, options, bundle);
    if (!hasStarted) await concludeIfDone(unit, options, bundle);
    return;
  }
}

/** On the way between being ready and having completed. */
const UNDER_WAY = ['pending', 'waiting', 'queued', 'assigned', 'running', 'calling'] as const;

/** The run's own, and those whose caller has been let in: one that is called again in part has jobs before that. */
function openLevels({ levels }: RunBundle): Level[] {
  return [...levels.values()].filter(({ caller }) => caller === null || caller.phase === 'calling');
}

/** Blocked jobs all of whose needs have completed (SEM-9.2). */
function readyJobs({ jobs }: Level): JobRow[] {
  return jobs.filter(
    ({ phase, needs }) => phase === 'blocked' && parseKeys(needs).every((need) => resultOf(jobs, need)),
  );
}

/** @returns whether the run is to be looked at again at once: the job was skipped, failed before its start, or is held */
async function startJob(unit: Unit, options: EngineOptions, level: Level, job: JobRow): Promise<boolean> {
  const { key } = job;
  const contexts = jobContexts(level, job, options.publicUrl());
  const condition = evaluateJobCondition(level.workflow, key, conditionState(level, job, contexts));
  if (condition.error !== undefined) {
    await failBeforeStart(unit, job, `The condition of the job cannot be evaluated: ${condition.error}`);
    return true;
  }
  if (!condition.run) return skip(unit, level, job, condition);

  const expansion = expandJob(level, job, contexts);
  if (!expansion.ok) {
    await failBeforeStart(unit, job, describeErrors(expansion.errors));
    return true;
  }
  const rows: Insertable<JobsTable>[] = [];
  for (const configuration of expansion.value) {
    const row = rowOf(unit, level, job, contexts, configuration);
    if (row.ok) {
      rows.push(row.value);
      continue;
    }
    await failBeforeStart(unit, job, describeErrors(row.errors));
    return true;
  }
  if (isCombination(job)) return hold(unit, job, rows);
  await sendOff(unit, options, level.bundle, job, rows);
  return false;
}

/** A re-run can be of one combination of a matrix, which is known before the job is ready (SEM-29.1). */
const isCombination = ({ matrix }: JobRow): boolean => matrix !== 'null';

function expandJob(level: Level, job: JobRow, contexts: ReturnType<typeof jobContexts>) {
  if (!isCombination(job)) return expandMatrix(level.workflow, job.key, contexts);
  const { matrix, strategy } = job;
  return { ok: true, value: [{ matrix: JSON.parse(matrix), strategy: JSON.parse(strategy), nameSuffix: '' }] } as const;
}

/** Its siblings may be under way: `max-parallel` decides when it goes on. */
async function hold(unit: Unit, { id, name }: JobRow, rows: Insertable<JobsTable>[]): Promise<boolean> {
  for (const { job_guid: _, created_at: __, ...row } of rows) await moveJob(unit.db, id, ['blocked'], { ...row, name });
  unit.changed('job', id);
  return true;
}

/** One configuration of a job as a row that is held. */
function rowOf(
  unit: Unit,
  level: Level,
  job: JobRow,
  contexts: ReturnType<typeof jobContexts>,
  configuration: JobConfiguration,
) {
  const resolved = resolveJob(level.workflow, job.key, contexts, configuration);
  if (!resolved.ok) return resolved;
  const declared = jobOf(level.workflow, job.key);
  const call = callOf(level, declared, contexts, configuration);
  if (call && !call.ok) return call;
  const { name, labels, group, timeoutMinutes, cancelTimeoutMinutes, continueOnError, ...gates } = resolved.value;
  const value: Insertable<JobsTable> = {
    ...newJob(level.bundle.run, declared, unit.at, level),
    name: calledName(level.caller, name),
    phase: 'held',
    matrix: JSON.stringify(configuration.matrix),
    strategy: JSON.stringify(configuration.strategy),
    labels: JSON.stringify(labels),
    runner_group: group,
    concurrency: JSON.stringify(gates.concurrency),
    environment: JSON.stringify(gates.environment),
    permissions: JSON.stringify(permissionsOf(level, declared)),
    timeout_minutes: timeoutMinutes,
    cancel_timeout_minutes: cancelTimeoutMinutes,
    continue_on_error: continueOnError ? 1 : 0,
    ...call?.value,
  };
  return { ok: true, value } as const;
}

/** What a calling job adds: the called file, and the inputs that it passes (SEM-11.4). */
function callOf(
  { workflow, origin, bundle }: Level,
  job: ReturnType<typeof jobOf>,
  contexts: ReturnType<typeof jobContexts>,
  configuration: JobConfiguration,
) {
  if (!job.call) return undefined;
  const { key } = callTarget(job.call.reference, origin);
  const callee = bundle.files.get(key)?.workflow;
  if (!callee) throw new Error(`run ${bundle.run.id} was started without the file ${key}`);
  const inputs = callInputs(callee, job, workflow, contexts, configuration);
  if (!inputs.ok) return inputs;
  return { ok: true, value: { called_file: key, inputs: JSON.stringify(inputs.value) } } as const;
}

/** Puts the rows in the place of the blocked one, and as many on their way as `max-parallel` allows. */
async function sendOff(
  unit: Unit,
  options: EngineOptions,
  bundle: RunBundle,
  job: JobRow,
  rows: Insertable<JobsTable>[],
): Promise<void> {
  const atOnce = parallelLimit(rows[0]?.strategy) ?? rows.length;
  // Rows without gates go straight to the queue: one write less for each.
  const isDirect = rows.every((row) => !hasGates(row as JobRow));
  if (isDirect)
    for (const row of rows.slice(0, atOnce)) Object.assign(row, { phase: 'queued', queued_at: unit.moment() });
  const created = await replaceWithCombinations(unit, job, rows);
  for (const row of created) {
    unit.changed('job', row.id);
    if (row.phase === 'queued') await offer(unit, options, bundle, row);
  }
  // The bundle does not know the new rows, nor the levels below them.
  if (!isDirect) for (const row of created.slice(0, atOnce)) unit.follow({ kind: 'pass-gates', jobId: row.id });
}

/** The blocked row becomes the first combination; the others are added behind it. */
async function replaceWithCombinations(unit: Unit, job: JobRow, rows: Insertable<JobsTable>[]): Promise<JobRow[]> {
  const [first, ...others] = rows;
  if (!first) return [];
  const { job_guid: _, created_at: __, ...change } = first;
  const changed = await moveJob(unit.db, job.id, ['blocked'], change);
  return changed ? [changed, ...(await insertJobs(unit.db, others))] : [];
}

/** Sends held jobs off in index order, as many as `max-parallel` allows to be under way (SEM-10.16). */
async function releaseHeld(unit: Unit, options: EngineOptions, bundle: RunBundle): Promise<void> {
  for (const { jobs } of openLevels(bundle)) {
    for (const key of new Set(jobs.filter(({ phase }) => phase === 'held').map((job) => job.key))) {
      const combinations = jobs.filter((job) => job.key === key);
      const underWay = combinations.filter(({ phase }) => UNDER_WAY.some((other) => other === phase)).length;
      const held = combinations.filter(({ phase }) => phase === 'held');
      const limit = parallelLimit(held[0]?.strategy) ?? held.length;
      for (const job of held.slice(0, Math.max(0, limit - underWay))) await passGates(unit, options, bundle, job);
    }
  }
}

function parallelLimit(strategy: string | undefined): number | undefined {
  const limit = (JSON.parse(strategy ?? '{}') as Record<string, unknown>)['max-parallel'];
  return limit === undefined ? undefined : Number(limit);
}

async function skip(unit: Unit, level: Level, job: JobRow, condition: JobCondition): Promise<true> {
  await concludeJob(unit, job, { conclusion: 'skipped', reason: describeJobSkip(level, job, condition) });
  return true;
}

/** SEM-9.9 */
async function concludeIfDone(
  unit: Unit,
  options: EngineOptions,
  { run, jobs, workflow, levels }: RunBundle,
): Promise<void> {
  if (jobs.some(({ phase }) => phase !== 'completed')) return;
  const conclusion = aggregate(levels.get(null)?.jobs ?? []);
  if (!(await concludeRun(unit.db, run.id, conclusion, unit.at))) return;
  await tellRun(unit, options, run, 'completed', conclusion);
  if (workflow.concurrency !== null) await leaveGroup(unit, run.id, null);
  unit.changed('run', run.id);
}

/** A gate of the job may have opened, or it has just been sent off. */
export async function passGatesOf(unit: Unit, options: EngineOptions, job: JobRow): Promise<void> {
  if (!['held', 'pending', 'waiting'].includes(job.phase)) return;
  const bundle = await loadRun(unit.db, options.reader, job.run_id);
  const current = bundle?.jobs.find(({ id }) => id === job.id);
  if (bundle && current && levelOf(bundle, current)) await passGates(unit, options, bundle, current);
}
