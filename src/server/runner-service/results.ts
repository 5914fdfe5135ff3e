import type { FastifyPluginAsync } from 'fastify';
import type { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import {
  BLOB_STORAGE_TYPE,
  JobLogMetadata,
  JobRequest,
  RECEIVER_PATH,
  STEPS_UPDATE_PATH,
  StepConclusionCode,
  StepLogMetadata,
  StepRequest,
  StepStatusCode,
  StepSummaryMetadata,
  StepsUpdateRequest,
  type StepUpdate,
} from '../../protocol/runner/index.ts';
import { softly } from '../../store/database.ts';
import { findJob } from '../../store/jobs.ts';
import { applyStep, completeStepLog, type StepChange } from '../../store/steps.ts';
import type { StepsTable } from '../../store/tables/jobs.ts';
import type { JobClaims } from '../auth/jwt.ts';
import { signedUrl } from '../blobs/signed-url.ts';
import type { ServerContext } from '../context.ts';
import { wireTime } from '../engine/step-results.ts';
import { type TwirpMethod, twirpMethods } from '../twirp.ts';
import { endSummary, SUMMARY_BYTES } from './job-summary.ts';
import { diagLogName, jobLogName, stepLogName, stepSummaryName } from './log-names.ts';

/** Asked for anew for every block, so that it need not outlive the job. */
const URL_SECONDS = 60 * 60;
const LOG_BYTES = 5 * 1024 ** 3;
/** 2,000 steps with long names. */
const BODY_BYTES = 16 * 1024 * 1024;
const OK = { ok: true };

/** Steps, logs and summaries from a job's worker (runner-protocol 8.1). Register it without a prefix. */
export function resultsRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    const method = ownMethods(twirpMethods(app, context, BODY_BYTES));
    method(STEPS_UPDATE_PATH, StepsUpdateRequest, (job, body) => updateSteps(context, job, body));
    method(`${RECEIVER_PATH}/GetStepLogsSignedBlobURL`, StepRequest, (job, { step_backend_id }) => ({
      logs_url: signedUrl(context, stepLogName(job.jobId, step_backend_id), 'w', URL_SECONDS),
      blob_storage_type: BLOB_STORAGE_TYPE,
      soft_size_limit: String(LOG_BYTES),
    }));
    method(`${RECEIVER_PATH}/GetJobLogsSignedBlobURL`, JobRequest, (job) => ({
      logs_url: signedUrl(context, jobLogName(job.jobId), 'w', URL_SECONDS),
      blob_storage_type: BLOB_STORAGE_TYPE,
      soft_size_limit: String(LOG_BYTES),
    }));
    method(`${RECEIVER_PATH}/GetJobDiagLogsSignedBlobURL`, JobRequest, (job) => ({
      diag_logs_url: signedUrl(context, diagLogName(job.jobId), 'w', URL_SECONDS),
      blob_storage_type: BLOB_STORAGE_TYPE,
    }));
    method(`${RECEIVER_PATH}/GetStepSummarySignedBlobURL`, StepRequest, (job, { step_backend_id }) => ({
      summary_url: signedUrl(context, stepSummaryName(job.jobId, step_backend_id), 'w', URL_SECONDS),
      blob_storage_type: BLOB_STORAGE_TYPE,
      soft_size_limit: String(SUMMARY_BYTES),
    }));
    method(`${RECEIVER_PATH}/CreateStepLogsMetadata`, StepLogMetadata, (job, body) => endStepLog(context, job, body));
    method(`${RECEIVER_PATH}/CreateJobLogsMetadata`, JobLogMetadata, (job, body) => endJobLog(context, job, body));
    method(`${RECEIVER_PATH}/CreateStepSummaryMetadata`, StepSummaryMetadata, (job, body) =>
      endSummary(context, job, body),
    );
  };
}

type Ids = z.infer<typeof JobRequest>;

/** Methods whose ids must be those of the token. */
function ownMethods(method: TwirpMethod) {
  return <T extends Ids>(
    path: string,
    shape: z.ZodType<T>,
    answer: (job: JobClaims, body: T) => object | Promise<object>,
  ): void => method(path, shape, (job, body) => answer(checkOwn(job, body), body));
}

/** @throws UserError 404 when the ids are not those of the token */
function checkOwn(job: JobClaims, ids: Ids): JobClaims {
  const isSame =
    ids.workflow_run_backend_id.toLowerCase() === job.planId.toLowerCase() &&
    ids.workflow_job_run_backend_id.toLowerCase() === job.jobGuid.toLowerCase();
  if (isSame) return job;
  throw new UserError('not_found', 'The token is not for this job.', { status: 404 });
}

/** @throws UserError 412 when the job has ended: its steps are history then (SEM-28.10) */
async function updateSteps(context: ServerContext, { jobId }: JobClaims, body: StepsUpdateRequest): Promise<object> {
  await softly(context.db, async (db) => {
    const job = await findJob(db, jobId);
    if (!job || job.phase === 'completed') {
      throw new UserError('failed_precondition', 'The job has ended.', { status: 412 });
    }
    for (const step of body.steps) await applyStep(db, jobId, changeOf(step), body.change_order);
  });
  context.changes.emit('job', jobId);
  return OK;
}

function changeOf(step: StepUpdate): StepChange {
  return {
    externalId: step.external_id.toLowerCase(),
    number: step.number,
    name: step.name ?? '',
    status: statusOf(step.status),
    conclusion: conclusionOf(step.conclusion),
    startedAt: wireTime(step.started_at),
    completedAt: wireTime(step.completed_at),
  };
}

function statusOf(code: number | null | undefined): StepsTable['status'] {
  if (code === StepStatusCode.inProgress) return 'in_progress';
  return code === StepStatusCode.completed ? 'completed' : 'queued';
}

function conclusionOf(code: number | null | undefined): string | null {
  switch (code) {
    case StepConclusionCode.success:
      return 'success';
    case StepConclusionCode.failure:
      return 'failure';
    case StepConclusionCode.cancelled:
      return 'cancelled';
    case StepConclusionCode.skipped:
      return 'skipped';
    default:
      return null;
  }
}

async function endStepLog(context: ServerContext, { jobId }: JobClaims, body: StepLogMetadata): Promise<object> {
  const stepId = body.step_backend_id.toLowerCase();
  await softly(context.db, (db) => completeStepLog(db, jobId, stepId, lineCount(body)));
  await context.liveLogs.drop(jobId, stepId);
  context.changes.emit('job', jobId);
  return OK;
}

async function endJobLog(context: ServerContext, { jobId }: JobClaims, body: JobLogMetadata): Promise<object> {
  await softly(context.db, (db) =>
    db
      .updateTable('jobs')
      .set({ log_lines: lineCount(body) })
      .where('id', '=', jobId)
      .execute(),
  );
  return OK;
}

const lineCount = ({ line_count }: { line_count: number }): number =>
  Number.isSafeInteger(line_count) && line_count > 0 ? line_count : 0;
