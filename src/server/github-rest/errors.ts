import type { FastifyInstance, FastifyReply } from 'fastify';
import { ZodError } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { GitHubError } from '../../protocol/github/errors.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';

const DOCUMENTATION_URL = 'https://docs.github.com/rest';

/** Makes a plugin answer every failure in GitHub's shape. */
export function useGitHubErrors(app: FastifyInstance, context: ServerContext): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, message, hint } = failureOf(error, request, context.logger);
    const text = error instanceof ZodError ? 'Validation Failed' : hint ? `${message} ${hint}` : message;
    return answer(reply, status, { message: text, ...fieldErrors(error) });
  });
}

/** The same for unknown paths; once per prefix. */
export function useGitHubNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler((_request, reply) => answer(reply, 404, { message: 'Not Found' }));
}

function answer(reply: FastifyReply, status: number, error: Omit<GitHubError, 'documentation_url'>): FastifyReply {
  const body: GitHubError = { ...error, documentation_url: DOCUMENTATION_URL };
  return reply.code(status).send(body);
}

function fieldErrors(error: unknown): Pick<GitHubError, 'errors'> {
  if (!(error instanceof ZodError)) return {};
  const errors = error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ field: path.join('.'), code: 'invalid', message }));
  return { errors };
}

/** GitHub's words for what does not exist or may not be seen. */
export const notFoundOnGitHub = (): UserError => new UserError('not-found', 'Not Found', { status: 404 });
