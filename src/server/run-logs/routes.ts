import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { jobsOfAttempt } from '../../store/jobs.ts';
import { assertSigned, signedQuery } from '../blobs/signed-url.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';
import { logArchive } from './archive.ts';

/** As on GitHub: long enough to follow the redirect. */
const URL_SECONDS = 60;

const Params = z.object({ run: z.coerce.number().int(), attempt: z.coerce.number().int() });
const Query = z.object({ se: z.string().optional(), sp: z.string().optional(), sig: z.string().optional() });

/** Archives of logs, for whoever REST has sent here. */
export function runLogRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    app.setErrorHandler((error, request, reply) => {
      const { status, message } = failureOf(error, request, context.logger);
      return reply.code(status).send({ message });
    });
    const path = '/switchyard/run-logs/:run/:attempt/logs.zip';
    app.get(path, { config: { access: 'signed' } }, async (request, reply) => {
      const { run, attempt } = Params.parse(request.params);
      assertSigned(context.keys, signedName(run, attempt), 'r', Query.parse(request.query), context.clock.now());
      const jobs = await jobsOfAttempt(context.db, run, attempt);
      if (jobs.length === 0) throw new UserError('not-found', 'Not Found', { status: 404 });
      reply.type('application/zip').header('content-disposition', `attachment; filename="logs_${run}.zip"`);
      return reply.send(await logArchive(context, jobs));
    });
  };
}

/** Where the archive of an attempt is, for a minute and without a token. */
export function logArchiveUrl(context: ServerContext, run: number, attempt: number): string {
  const query = signedQuery(context, signedName(run, attempt), 'r', URL_SECONDS);
  return `${context.settings.publicUrl}/switchyard/run-logs/${run}/${attempt}/logs.zip?${query}`;
}

const signedName = (run: number, attempt: number): string => `run-logs/${run}/${attempt}`;
