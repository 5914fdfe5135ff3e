import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { Annotation } from '../../protocol/dashboard/index.ts';
import type { CompleteJobRequest, WireAnnotation } from '../../protocol/runner/run-service.ts';
import {
  addReason,
  assignJob,
  findJob,
  findJobByGuid,
  findJobByRequest,
  type JobRow,
  jobHeldBy,
  moveJob,
} from '../../store/jobs.ts';
import { markRunStarted } from '../../store/runs.ts';
import { describeOffer, mayTake, type RunnerFacts } from '../../workflow/routing.ts';
import { failure } from './conclude.ts';
import { continueDeployment } from './deployments.ts';
import type { QueuedJob } from './dispatcher.ts';
import { endJob, loseJob } from './job-end.ts';
import type { EngineOptions } from './options.ts';
import { CONCLUSIONS, recordStepResults } from './step-results.ts';
import { tellRun } from './tell-run.ts';
import type { Unit } from './unit.ts';

/**
 * Offers a queued job to a runner (runner-protocol 13.2) and records who else could have taken it.
 * @returns undefined when the job is no longer queued or the runner holds another
 */
export async function assign(
  unit: Unit,
  options: EngineOptions,
  { id: jobId, requirement }: QueuedJob,
  runner: RunnerFacts,
): Promise<JobRow | undefined> {
  // Its labels, group or walls may have changed since the dispatcher brought them together.
  if (!mayTake(requirement, runner)) return undefined;
  const job = await assignJob(unit.db, jobId, {
    runnerId: runner.id,
    runnerName: runner.name,
    requestGuid: newGuid(),
    leaseUntil: isoTime(unit.now + options.acquireMs),
  });
  if (!job) return undefined;
  await addReason(unit.db, job.id, describeOffer(requirement, runner, options.runners()), unit.at);
  unit.moved(job);
  unit.changed('job', job.id);
  unit.changed('runner', runner.id);
  return job;
}

/** Takes an offer back that its runner did not use: the job waits again for anybody. */
export async function requeue(unit: Unit, jobId: number, requestGuid: string | null, why: string): Promise<void> {
  const current = await findJob(unit.db, jobId);
  if (current?.request_guid !== requestGuid || current.phase !== 'assigned') return;
  const job = await moveJob(unit.db, jobId, ['assigned'], {
    phase: 'queued',
    runner_id: null,
    runner_name: null,
    request_guid: null,
    lease_until: null,
  });
  if (!job) return;
  await addReason(unit.db, jobId, `${why} It waits for another runner.`, unit.at);
  unit.moved(job);
  unit.changed('job', jobId);
  if (current.runner_id !== null) unit.changed('runner', current.runner_id);
}

/**
 * The runner takes the job it was offered. Repeating it gives the same answer, so that a lost response does no harm.
 * @throws UserError 404 for an offer that does not exist (any more), 409 for somebody else's
 */
export async function acquire(
  unit: Unit,
  options: EngineOptions,
  requestGuid: string,
  runnerId: number,
): Promise<JobRow> {
  const offered = await findJobByRequest(unit.db, requestGuid);
  if (!offered || offered.phase === 'completed') {
    throw new UserError('no-such-offer', 'This job is not offered any more.', { status: 404 });
  }
  if (offered.runner_id !== runnerId) {
    throw new UserError('not-your-job', 'This job was offered to another runner.', { status: 409 });
  }
  if (offered.phase === 'running') return offered;
  const job = await moveJob(unit.db, offered.id, ['assigned'], {
    phase: 'running',
    started_at: unit.at,
    lease_until: isoTime(unit.now + options.leaseMs),
  });
  if (!job) throw new UserError('no-such-offer', 'This job is not offered any more.', { status: 404 });
  const run = await markRunStarted(unit.db, job.run_id, unit.at);
  if (run) await tellRun(unit, options, run, 'in_progress');
  await addReason(unit.db, job.id, `Taken by ${job.runner_name}.`, unit.at);
  if (job.environment !== 'null') await continueDeployment(unit, job);
  unit.moved(job);
  unit.tell({ kind: 'job', action: 'in_progress', job });
  unit.changed('job', job.id);
  unit.changed('run', job.run_id);
  return job;
}

/**
 * @returns until when the lease now holds, ms since the epoch
 * @throws UserError 404 when the job is not running: the runner stops it as abandoned
 */
export async function renew(unit: Unit, options: EngineOptions, jobId: number): Promise<number> {
  const until = unit.now + options.leaseMs;
  const job = await moveJob(unit.db, jobId, ['running'], { lease_until: isoTime(until) });
  if (!job) throw new UserError('job-not-running', 'This job is not running.', { status: 404 });
  unit.moved(job);
  return until;
}

/**
 * The worker reports the job's end. An ephemeral runner's registration ends in the same transaction.
 * @throws UserError 404 when the job is not running (SEM-28.10)
 */
export async function complete(unit: Unit, request: CompleteJobRequest): Promise<void> {
  const job = await findJobByGuid(unit.db, request.jobId);
  if (job?.phase !== 'running') throw new UserError('job-not-running', 'This job is not running.', { status: 404 });
  const annotations = [
    ...(request.annotations ?? []).map((annotation) => toAnnotation(annotation, null)),
    ...(request.stepResults ?? []).flatMap((step) =>
      (step.annotations ?? []).map((annotation) => toAnnotation(annotation, step.number ?? null)),
    ),
  ];
  const outputs = Object.entries(request.outputs ?? {}).map(([name, output]): [string, string] => [
    name,
    output.value ?? '',
  ]);
  if (sizeOf(outputs) > MAX_OUTPUT_BYTES) {
    const why = 'The outputs of the job are larger than 1 MB, so they are not kept and the job fails.';
    await recordStepResults(unit.db, job.id, request.stepResults ?? []);
    await endJob(unit, job, { conclusion: 'failure', reason: why, annotations: [...annotations, failure(why)] });
    return;
  }
  await recordStepResults(unit.db, job.id, request.stepResults ?? []);
  await endJob(unit, job, {
    conclusion: CONCLUSIONS[request.conclusion],
    reason: null,
    annotations,
    outputs: Object.fromEntries(outputs),
    environmentUrl: environmentUrl(request.environmentUrl),
  });
}

/** SEM-12.5: people follow it, so it leads to a web page or nowhere. */
function environmentUrl(text: string | null | undefined): string | undefined {
  if (!text || text.length > LONGEST_URL || !URL.canParse(text)) return undefined;
  const { protocol } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? text : undefined;
}

const LONGEST_URL = 2_000;

/** SEM-27.2: as GitHub counts, in UTF-16. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
const sizeOf = (outputs: [string, string][]): number =>
  outputs.reduce((sum, [name, value]) => sum + 2 * (name.length + value.length), 0);

/** A new session of a runner means that whatever it did before is over (runner-protocol 4.7). */
export async function endWorkOfOldSession(unit: Unit, runnerId: number): Promise<void> {
  const job = await jobHeldBy(unit.db, runnerId);
  if (!job) return;
  const name = job.runner_name ?? 'the runner';
  if (job.phase === 'assigned') {
    await requeue(unit, job.id, job.request_guid, `${name} started anew before it took the job.`);
  } else {
    await loseJob(unit, job, `The runner ${name} started anew in the middle of the job, so the job was lost.`);
  }
}

function toAnnotation(wire: WireAnnotation, stepNumber: number | null): Annotation {
  const level = wire.level === 'notice' || wire.level === 'warning' ? wire.level : 'failure';
  return {
    level,
    message: wire.message ?? '',
    title: wire.title ?? null,
    path: wire.path ?? null,
    line: wire.startLine ?? null,
    stepNumber: wire.stepNumber ?? stepNumber,
  };
}
