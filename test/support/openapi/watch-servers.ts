import { subscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';

const PREFIX = '/api/v3';
/** Enough to see what is wrong. */
const MAX_PROBLEMS = 20;

const problems = new Set<string>();
const answered = new Set<string>();
const served = new Set<string>();

/** What was wrong since the last time. */
export function takeProblems(): string[] {
  const taken = [...problems].slice(0, MAX_PROBLEMS);
  problems.clear();
  return taken;
}

/** Routes (`GET /api/v3/…`) that gave an answer without an error, in this process. */
export const answeredRoutes = (): ReadonlySet<string> => answered;

/** Every route below the prefix that a server in this process has. */
export const servedRoutes = (): ReadonlySet<string> => served;

subscribe('fastify.initialization', (message) => watch((message as { fastify: FastifyInstance }).fastify));

function watch(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url }) => {
    if (url.startsWith(PREFIX)) for (const one of [method].flat()) served.add(`${one} ${url}`);
  });
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const { method, routeOptions } = request;
    const route = routeOptions.url;
    if (!route?.startsWith(PREFIX)) return;
    // Loaded with the first answer: most tests have none, and the description is large.
    const { problemsOf } = await import('./check-answer.ts');
    const status = reply.statusCode;
    // Files, logs and the like may be asked for as they are.
    const isJson = /^application\/json\b/.test(String(reply.getHeader('content-type') ?? 'application/json'));
    const text = payload === undefined || payload === null ? '' : isJson ? textOf(payload) : undefined;
    for (const problem of problemsOf({ method, route, status, text })) {
      problems.add(`${method} ${route}: ${status}: ${problem}`);
    }
    if (status < 400) answered.add(`${method} ${route}`);
  });
}

function textOf(payload: unknown): string | undefined {
  if (typeof payload === 'string') return payload;
  return Buffer.isBuffer(payload) ? payload.toString('utf8') : undefined;
}
