import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { RUN_ERROR_SOURCE } from '../../protocol/runner/constants.ts';
import {
  AcquireJobRequest,
  CompleteJobRequest,
  RenewJobRequest,
  type RenewJobResponse,
  type RunServiceError,
} from '../../protocol/runner/run-service.ts';
import { findRunner } from '../../store/runners.ts';
import type { JobClaims } from '../auth/jwt.ts';
import type { ServerContext } from '../context.ts';
import { buildJobMessage } from '../engine/job-message.ts';
import { jobSecrets, jobVariables } from '../engine/job-secrets.ts';
import { failureOf } from '../failures.ts';

/** Outputs are at most 1 MB a job (SEM-27.2), annotations and step results come on top. */
const MAX_COMPLETION_BYTES = 16 * 1024 * 1024;

/** Acquire, renew and complete (runner-protocol 4.5 to 4.7). */
export const runServiceRoutes =
  (context: ServerContext): FastifyPluginAsync =>
  async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const { status, message } = failureOf(error, request, context.logger);
      const body: RunServiceError = { source: RUN_ERROR_SOURCE, statusCode: status, errorMessage: message };
      return reply.code(status).send(body);
    });

    app.post('/run/acquirejob', { config: { access: 'runner' }, bodyLimit: 16 * 1024 }, async (request) => {
      if (request.caller.kind !== 'runner') throw new Error('the route lacks the access "runner"');
      const body = AcquireJobRequest.parse(request.body);
      const { runnerId } = request.caller.runner;
      const runner = await findRunner(context.db, runnerId);
      if (!runner) throw new UserError('no-runner', 'This runner is not registered here any more.', { status: 404 });
      const { job, bundle } = await context.engine.acquireJob(body.jobMessageId, runnerId);
      return buildJobMessage({
        bundle,
        job,
        secrets: (gitHubToken) => jobSecrets(context, bundle, job, gitHubToken),
        vars: await jobVariables(context.db, bundle, job),
        keys: context.keys,
        publicUrl: context.settings.publicUrl,
        groupName: context.engine.groupOf(runnerId) ?? 'Default',
        runnerLabels: (JSON.parse(runner.labels) as { name: string }[]).map(({ name }) => name),
        nowMs: context.clock.now(),
      });
    });

    app.post('/run/renewjob', { config: { access: 'job' }, bodyLimit: 16 * 1024 }, async (request) => {
      const body = RenewJobRequest.parse(request.body);
      const claims = claimsFor(request, body);
      const answer: RenewJobResponse = { lockedUntil: isoTime(await context.engine.renewJob(claims.jobId)) };
      return answer;
    });

    app.post(
      '/run/completejob',
      { config: { access: 'job' }, bodyLimit: MAX_COMPLETION_BYTES },
      async (request, reply) => {
        const body = CompleteJobRequest.parse(request.body);
        claimsFor(request, body);
        await context.engine.completeJob(body);
        return reply.code(204).send();
      },
    );
  };

/** The token's job must be the one that the body names. */
function claimsFor(request: FastifyRequest, named: { planId: string; jobId: string }): JobClaims {
  if (request.caller.kind !== 'job') throw new Error('the route lacks the access "job"');
  const { job } = request.caller;
  if (job.planId === named.planId.toLowerCase() && job.jobGuid === named.jobId.toLowerCase()) return job;
  throw new UserError('not-your-job', 'The token belongs to another job.', { status: 404 });
}
