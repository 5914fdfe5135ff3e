import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { UserError } from '../../common/errors.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import type { RateState } from '../limits/rate-limits.ts';

const PATH = '/rate_limit';

/** Counts what callers ask of REST, and tells them in GitHub's headers; each call of a job or App counts for its token. */
export function limitRate(app: FastifyInstance, { rateLimits, clock }: ServerContext): void {
  if (rateLimits.isOff) return;
  app.addHook('onRequest', (request, reply, done) => {
    const caller = countedAs(request);
    // Asking how one stands costs nothing.
    const isFree = request.routeOptions.url?.endsWith(PATH) === true;
    const state = isFree ? rateLimits.peek(caller) : rateLimits.take(caller);
    tell(reply, state ?? rateLimits.peek(caller));
    if (state) return done();
    const { resetAt } = rateLimits.peek(caller);
    reply.header('retry-after', String(Math.max(1, Math.ceil((resetAt - clock.now()) / 1000))));
    const hint = 'Wait until the time in x-ratelimit-reset.';
    done(new UserError('rate-limited', 'API rate limit exceeded.', { status: 429, hint }));
  });
}

/** https://docs.github.com/rest/rate-limit */
export function rateLimitRoutes(app: FastifyInstance, { rateLimits }: ServerContext): void {
  app.get(PATH, needs('read', 'metadata: read', { place: 'checked-by-handler' }), (request) => {
    if (rateLimits.isOff) throw new UserError('not-found', 'Rate limiting is not enabled.', { status: 404 });
    const { limit, used, remaining, resetAt } = rateLimits.peek(countedAs(request));
    const core = { limit, used, remaining, reset: Math.ceil(resetAt / 1000), resource: 'core' };
    return { resources: { core, search: core, graphql: core }, rate: core };
  });
}

/** By token, as far as the caller has one; else by address. */
function countedAs({ caller, ip }: FastifyRequest): string {
  switch (caller.kind) {
    case 'user':
    case 'installation':
      return `token ${caller.tokenId}`;
    case 'registration':
      return `token ${caller.token.id}`;
    case 'github-token':
      return `job ${caller.job.jobId}`;
    case 'app':
      return `app ${caller.app.id}`;
    default:
      return `address ${ip}`;
  }
}

function tell(reply: FastifyReply, { limit, used, remaining, resetAt }: RateState): void {
  reply.headers({
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(Math.ceil(resetAt / 1000)),
    'x-ratelimit-resource': 'core',
  });
}
