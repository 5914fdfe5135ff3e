/** What the twirp services of the server share: results, artifacts, caches (runner-protocol 8, 9). */
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { JobClaims } from './auth/jwt.ts';
import type { ServerContext } from './context.ts';
import { failureOf } from './failures.ts';

type Answer<T> = (job: JobClaims, body: T) => object | Promise<object>;
export type TwirpMethod = <T>(path: string, shape: z.ZodType<T>, answer: Answer<T>) => void;

/** Makes a plugin answer its failures as twirp does. @returns adds one method, for the token of a job */
export function twirpMethods(app: FastifyInstance, context: ServerContext, bodyLimit: number): TwirpMethod {
  answerAsTwirp(app, context);
  return (path, shape, answer) => {
    app.post(path, { config: { access: 'job' }, bodyLimit }, ({ caller, body }) => {
      if (caller.kind !== 'job') throw new Error('the route lacks the access "job"');
      return answer(caller.job, shape.parse(body));
    });
  };
}

const TWIRP_CODES: Record<number, string> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'already_exists',
  412: 'failed_precondition',
  422: 'invalid_argument',
  429: 'resource_exhausted',
  500: 'internal',
};

function answerAsTwirp(app: FastifyInstance, context: ServerContext): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, message, hint } = failureOf(error, request, context.logger);
    const msg = hint ? `${message} ${hint}` : message;
    return reply.code(status).send({ code: TWIRP_CODES[status] ?? 'invalid_argument', msg });
  });
}
