import type { Insertable } from 'kysely';
import { newGuid } from '../../common/ids.ts';
import type { Annotation, SourceError } from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { addReason, hasJobIn, insertJobs, type JobRow, moveJob } from '../../store/jobs.ts';
import { concludeRun } from '../../store/runs.ts';
import type { JobsTable } from '../../store/schema.ts';
import {
  evaluateJobCondition,
  expandMatrix,
  type JobState,
  resolveJob,
  transitiveNeeds,
} from '../../workflow/index.ts';
import { describeWait, mayTake, type RunnerFacts } from '../../workflow/routing.ts';
import { requirementOf } from './requirement.ts';
import {
  effectiveResult,
  githubContext,
  loadRun,
  needsContext,
  type RunBundle,
  resultOf,
  type WorkflowCache,
} from './run-bundle.ts';
import type { Unit } from './unit.ts';

export interface ProgressOptions {
  cache: WorkflowCache;
  publicUrl: () => string;
  /** All registered runners, to say why a job waits. */
  runners: () => RunnerFacts[];
}

/**
 * Takes a run as far as its completed jobs allow: jobs whose needs are complete are skipped, failed, or expanded and
 * queued (SEM-5.6, 9); when all are complete, the run is concluded. Idempotent: called after every change to a job.
 */
export async function advanceRun(unit: Unit, options: ProgressOptions, runId: number): Promise<void> {
  for (;;) {
    // The usual case in a large matrix: others still run and nothing waits for this one alone.
    const mayStart = await hasJobIn(unit.db, runId, ['blocked', 'held']);
    if (!mayStart && (await hasJobIn(unit.db, runId, ['queued', 'assigned', 'running']))) return;
    const bundle = await loadRun(unit.db, options.cache, runId);
    if (!bundle || bundle.run.status === 'completed') return;
    const ready = readyKeys(bundle);
    if (ready.length === 0) {
      await releaseHeld(unit, options, bundle);
      await concludeIfDone(unit, bundle);
      return;
    }
    let hasEnded = false;
    for (const key of ready) hasEnded = (await startKey(unit, options, bundle, key)) || hasEnded;
    // Only a job that ended at once can make others ready, or the run complete.
    if (!hasEnded) return;
  }
}

/** Blocked keys all of whose needs have completed (SEM-9.2). */
function readyKeys(bundle: RunBundle): string[] {
  return bundle.jobs
    .filter(({ phase, needs }) => phase === 'blocked' && parseKeys(needs).every((need) => resultOf(bundle.jobs, need)))
    .map(({ key }) => key);
}

export const parseKeys = (text: string): string[] => JSON.parse(text) as string[];

/** @returns whether the job ended at once: skipped, or failed before its start */
async function startKey(unit: Unit, options: ProgressOptions, bundle: RunBundle, key: string): Promise<boolean> {
  const job = bundle.jobs.find((candidate) => candidate.key === key && candidate.phase === 'blocked');
  if (!job) return false;
  const contexts = jobContexts(bundle, job, options.publicUrl());
  const condition = evaluateJobCondition(bundle.workflow, key, conditionState(bundle, job, contexts));
  if (condition.error !== undefined)
    return failBeforeStart(unit, job, `The condition of the job cannot be evaluated: ${condition.error}`);
  if (!condition.run) return skip(unit, bundle, job, condition);

  const expansion = expandMatrix(bundle.workflow, key, contexts);
  if (!expansion.ok) return failBeforeStart(unit, job, describeErrors(expansion.errors));
  const rows: Insertable<JobsTable>[] = [];
  for (const configuration of expansion.value) {
    const resolved = resolveJob(bundle.workflow, key, contexts, configuration);
    if (!resolved.ok) return failBeforeStart(unit, job, describeErrors(resolved.errors));
    rows.push({
      ...newJob(bundle.run, job.key, job.needs, unit.at),
      name: resolved.value.name,
      phase: 'held',
      matrix: JSON.stringify(configuration.matrix),
      strategy: JSON.stringify(configuration.strategy),
      labels: JSON.stringify(resolved.value.labels),
      runner_group: resolved.value.group,
      timeout_minutes: resolved.value.timeoutMinutes,
      cancel_timeout_minutes: resolved.value.cancelTimeoutMinutes,
      continue_on_error: resolved.value.continueOnError ? 1 : 0,
    });
  }
  const atOnce = Number(expansion.value[0]?.strategy['max-parallel'] ?? rows.length);
  for (const row of rows.slice(0, atOnce)) Object.assign(row, { phase: 'queued', queued_at: unit.moment() });
  for (const created of await replaceWithCombinations(unit, job, rows)) {
    unit.changed('job', created.id);
    if (created.phase === 'queued') await offer(unit, options, bundle, created);
  }
  return false;
}

/** The blocked row becomes the first combination; the others are added behind it. */
async function replaceWithCombinations(unit: Unit, job: JobRow, rows: Insertable<JobsTable>[]): Promise<JobRow[]> {
  const [first, ...others] = rows;
  if (!first) return [];
  const { job_guid: _, created_at: __, ...change } = first;
  const changed = await moveJob(unit.db, job.id, ['blocked'], change);
  return changed ? [changed, ...(await insertJobs(unit.db, others))] : [];
}

/** The job has just been queued: whoever is free may have it. */
async function offer(unit: Unit, options: ProgressOptions, bundle: RunBundle, job: JobRow): Promise<void> {
  await recordWait(unit, options, bundle, job);
  unit.moved(job);
}

/** Queues held jobs in index order, as many as `max-parallel` allows to be under way (SEM-10.16). */
async function releaseHeld(unit: Unit, options: ProgressOptions, bundle: RunBundle): Promise<void> {
  for (const key of new Set(bundle.jobs.filter(({ phase }) => phase === 'held').map((job) => job.key))) {
    const combinations = bundle.jobs.filter((job) => job.key === key);
    const underWay = combinations.filter(({ phase }) => ['queued', 'assigned', 'running'].includes(phase)).length;
    const held = combinations.filter(({ phase }) => phase === 'held');
    const limit = Number(
      (JSON.parse(held[0]?.strategy ?? '{}') as Record<string, Json>)['max-parallel'] ?? held.length,
    );
    for (const job of held.slice(0, Math.max(0, limit - underWay))) {
      const queued = await moveJob(unit.db, job.id, ['held'], { phase: 'queued', queued_at: unit.moment() });
      if (!queued) continue;
      unit.changed('job', job.id);
      await offer(unit, options, bundle, queued);
    }
  }
}

/** Why the job does not start at once, when no idle runner can take it. */
async function recordWait(unit: Unit, options: ProgressOptions, bundle: RunBundle, job: JobRow): Promise<void> {
  const requirement = requirementOf(job, bundle.repository);
  const runners = options.runners();
  const isFree = (runner: RunnerFacts): boolean => runner.online && !runner.busy;
  if (runners.some((runner) => isFree(runner) && mayTake(requirement, runner))) return;
  await addReason(unit.db, job.id, `Waits. ${describeWait(requirement, runners).join(' ')}`, unit.at);
}

export function jobContexts(bundle: RunBundle, job: JobRow, publicUrl: string): Record<string, Json> {
  return {
    github: githubContext(bundle, publicUrl),
    needs: needsContext(bundle, parseKeys(job.needs)),
    vars: bundle.vars,
    inputs: JSON.parse(bundle.run.inputs) as Json,
  };
}

export function conditionState(bundle: RunBundle, job: JobRow, contexts: Record<string, Json>): JobState {
  const ancestors = transitiveNeeds(bundle.workflow, job.key);
  const ancestorResults = Object.fromEntries(ancestors.map((key) => [key, resultOf(bundle.jobs, key) ?? 'skipped']));
  return { contexts, ancestorResults, cancelled: bundle.run.cancel_requested_at !== null };
}

async function skip(
  unit: Unit,
  bundle: RunBundle,
  job: JobRow,
  condition: { condition: string; values: { name: string; value: Json }[] },
): Promise<true> {
  const unsuccessful = transitiveNeeds(bundle.workflow, job.key).flatMap((key) => {
    const result = resultOf(bundle.jobs, key);
    return result && result !== 'success' ? [`${key} ended with ${result}`] : [];
  });
  const seen = [...condition.values.map(({ name, value }) => `${name} is ${JSON.stringify(value)}`), ...unsuccessful];
  const because = seen.length > 0 ? `: ${seen.join(', ')}` : '';
  await concludeJob(unit, job, {
    conclusion: 'skipped',
    reason: `Skipped because its condition \`${condition.condition}\` was false${because}.`,
  });
  return true;
}

const describeErrors = (errors: SourceError[]): string => errors.map(describeError).join(' ');

/** `file (Line: L, Col: C): text`, as GitHub's own parser writes it (SEM-1.8). */
export function describeError({ file, line, column, message }: SourceError): string {
  return line === null ? `${file}: ${message}` : `${file} (Line: ${line}, Col: ${column}): ${message}`;
}

/** SEM-5.7: an evaluation error fails the job with an annotation, and the run goes on by the usual rules. */
async function failBeforeStart(unit: Unit, job: JobRow, message: string): Promise<true> {
  await concludeJob(unit, job, { conclusion: 'failure', reason: message, annotations: [failure(message)] });
  return true;
}

export function failure(message: string): Annotation {
  return { level: 'failure', message, title: null, path: null, line: null, stepNumber: null };
}

export interface JobEnd {
  conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** Why, when there is no step that tells. */
  reason: string | null;
  annotations?: Annotation[];
  outputs?: Record<string, string>;
}

/**
 * Ends a job, whatever its phase. Its dependants are the caller's to advance.
 * @returns the row, or undefined when it had completed already
 */
export async function concludeJob(unit: Unit, job: JobRow, end: JobEnd): Promise<JobRow | undefined> {
  const annotations = [...(JSON.parse(job.annotations) as Annotation[]), ...(end.annotations ?? [])];
  const row = await moveJob(unit.db, job.id, ['blocked', 'held', 'queued', 'assigned', 'running'], {
    phase: 'completed',
    conclusion: end.conclusion,
    reason: end.reason,
    annotations: JSON.stringify(annotations),
    outputs: JSON.stringify(end.outputs ?? {}),
    lease_until: null,
    completed_at: unit.at,
  });
  if (!row) return undefined;
  if (end.reason) await addReason(unit.db, job.id, end.reason, unit.at);
  unit.moved(row);
  unit.changed('job', job.id);
  return row;
}

/** SEM-9.9 */
async function concludeIfDone(unit: Unit, bundle: RunBundle): Promise<void> {
  if (bundle.jobs.some(({ phase }) => phase !== 'completed')) return;
  const results = bundle.jobs.map(effectiveResult);
  const conclusion = (['failure', 'cancelled', 'success'] as const).find((result) => results.includes(result));
  await concludeRun(unit.db, bundle.run.id, conclusion ?? 'skipped', unit.at);
  unit.changed('run', bundle.run.id);
}

/** A job as it is before anything about it is known. */
export function newJob(
  run: { id: number; repository_id: number; attempt: number },
  key: string,
  needs: string,
  at: string,
): Insertable<JobsTable> {
  return {
    run_id: run.id,
    repository_id: run.repository_id,
    attempt: run.attempt,
    key,
    name: key,
    needs,
    phase: 'blocked',
    conclusion: null,
    matrix: 'null',
    strategy: '{}',
    labels: '[]',
    runner_group: null,
    timeout_minutes: 360,
    cancel_timeout_minutes: 5,
    continue_on_error: 0,
    job_guid: newGuid(),
    request_guid: null,
    runner_id: null,
    runner_name: null,
    lease_until: null,
    cancel_requested_at: null,
    outputs: '{}',
    annotations: '[]',
    reason: null,
    log_lines: 0,
    created_at: at,
    queued_at: null,
    started_at: null,
    completed_at: null,
  };
}
