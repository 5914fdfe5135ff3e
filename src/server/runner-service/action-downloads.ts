import type { FastifyPluginAsync } from 'fastify';
import { UserError } from '../../common/errors.ts';
import { type ActionDownloadsRefusal, ActionDownloadsRequest } from '../../protocol/runner/index.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Where the official worker asks for the archives of actions (runner-protocol 7). None are served, so each is refused
 * with a sentence; any other answer makes the worker try for a minute and then fail without a reason.
 */
export const actionDownloadRoutes =
  (context: ServerContext): FastifyPluginAsync =>
  async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const { status, message } = failureOf(error, request, context.logger);
      return reply.code(status).send({ message });
    });

    const path = '/actions/build/:planId/jobs/:jobId/runnerresolve/actions';
    app.post<{ Params: { planId: string; jobId: string } }>(
      path,
      { config: { access: 'job' }, bodyLimit: MAX_BODY_BYTES },
      async ({ caller, params, body }, reply) => {
        if (caller.kind !== 'job') throw new Error('the route lacks the access "job"');
        const { planId, jobGuid } = caller.job;
        if (params.planId.toLowerCase() !== planId || params.jobId.toLowerCase() !== jobGuid) {
          throw new UserError('not-your-job', 'The token belongs to another job.', { status: 404 });
        }
        return reply.code(422).send(refusal(ActionDownloadsRequest.parse(body)));
      },
    );
  };

function refusal({ actions }: ActionDownloadsRequest): ActionDownloadsRefusal {
  const references = (actions ?? []).map(({ action, version }) => `${action}@${version}`);
  const errors = references.map((reference) => [reference, { message: sentence(reference) }]);
  return { errors: Object.fromEntries(errors) };
}

const sentence = (reference: string): string =>
  `This server does not serve ${reference} to this runner: it knows no actions of other repositories yet. ` +
  'Use run steps and actions in the workspace (uses: ./path), or a runner of Switchyard, which brings actions/checkout';
