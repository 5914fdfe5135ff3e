import type { FastifyError, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { OutsideError, UserError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';

/** What a surface tells its caller about anything that was thrown; each puts it into its own shape. */
export interface Failure {
  status: number;
  code: string;
  message: string;
  hint?: string;
}

/** Sorts what was thrown (DESIGN 7). Our own faults are logged with their stack here and answered generically. */
export function failureOf(error: unknown, request: FastifyRequest, logger: Logger): Failure {
  if (error instanceof UserError) {
    return { status: error.status, code: error.code, message: error.message, hint: error.hint };
  }
  if (error instanceof ZodError) return { status: 422, code: 'invalid-input', message: zodText(error) };
  if (isRefusedByFastify(error)) return { status: error.statusCode, code: 'bad-request', message: error.message };
  // The route, not the URL: a URL may hold a signature.
  logger.error({ err: error, route: `${request.method} ${request.routeOptions.url ?? '?'}` }, 'a request failed');
  if (error instanceof OutsideError) return { status: 502, code: 'outside', message: error.message };
  return { status: 500, code: 'internal', message: 'The server failed here. Its log says more.' };
}

/** One line: `inputs.name: expected string; ref: too long`. */
function zodText(error: ZodError): string {
  return error.issues
    .slice(0, 10)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}

function isRefusedByFastify(error: unknown): error is FastifyError & { statusCode: number } {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500;
}
