import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import {
  GenerateJitConfigRequest,
  type RegistrationToken,
  type RunnerPage,
  type RunnerScope,
  scopeName,
} from '../../protocol/github/runners.ts';
import { createToken } from '../../store/tokens.ts';
import { issueScaleSetAdminToken } from '../auth/jwt.ts';
import type { ServerContext } from '../context.ts';
import { answerWithOwnAddresses } from '../tls/addresses.ts';
import { notFoundOnGitHub, useGitHubErrors } from './errors.ts';
import { useGitHubHeaders } from './headers.ts';
import { limitRate } from './rate-limit.ts';
import { runnerGroupRoutes } from './runner-groups.ts';
import { runnerLabelRoutes } from './runner-labels.ts';
import { runnerOfRequest, runnersIn, viewRunner } from './runner-object.ts';
import { generateJitConfig, RegisterRequest, register } from './runner-registration.ts';
import { runnerNeeds, SCOPES, scopeOfRequest, tokenScope } from './runner-scopes.ts';

/** A registration or remove token is valid for this long (runner-protocol 1.6). */
const TOKEN_LIFE_MS = 60 * 60 * 1000;

const PageQuery = z.looseObject({
  name: z.string().optional(),
  per_page: z.coerce.number().int().min(1).max(100).default(30),
  page: z.coerce.number().int().min(1).default(1),
});

/** Self-hosted runners: tokens, JIT configs, listing, removal, and the calls of `config.sh` (runner-protocol 1). */
export const runnerRoutes =
  (context: ServerContext): FastifyPluginAsync =>
  async (app) => {
    useGitHubErrors(app, context);
    answerWithOwnAddresses(app, context);
    useGitHubHeaders(app);
    limitRate(app, context);
    runnerGroupRoutes(app, context);
    runnerLabelRoutes(app, context);
    for (const prefix of SCOPES) {
      const base = `${prefix}/actions/runners`;
      const read = runnerNeeds(prefix, 'read');
      const write = runnerNeeds(prefix, 'write');

      for (const kind of ['registration', 'remove'] as const) {
        app.post(`${base}/${kind}-token`, write, async (request, reply) => {
          const scope = await scopeOfRequest(context, request);
          reply.code(201);
          return issueToken(context, kind, scope);
        });
      }
      app.post(`${base}/generate-jitconfig`, write, async (request, reply) => {
        const scope = await scopeOfRequest(context, request);
        const body = GenerateJitConfigRequest.parse(request.body);
        reply.code(201);
        return generateJitConfig(context, scope, body);
      });
      app.get(base, runnerNeeds(prefix, 'read', ['registration']), async (request): Promise<RunnerPage> => {
        const scope = await scopeOfRequest(context, request);
        const { name, per_page, page } = PageQuery.parse(request.query);
        const rows = (await runnersIn(context, scope)).filter((row) => name === undefined || row.name === name);
        const shown = rows.slice((page - 1) * per_page, page * per_page);
        return { total_count: rows.length, runners: await Promise.all(shown.map((row) => viewRunner(context, row))) };
      });
      // Switchyard's runner comes with the program and the official one from GitHub: none is downloaded from a server.
      app.get(`${base}/downloads`, read, async (request) => {
        await scopeOfRequest(context, request);
        return [];
      });
      app.get(`${base}/:id`, read, async (request) => viewRunner(context, await runnerOfRequest(context, request)));
      app.delete(`${base}/:id`, runnerNeeds(prefix, 'write', ['remove']), async (request, reply) => {
        const row = await runnerOfRequest(context, request);
        const outcome = await context.engine.registrations.remove(row.id);
        if (outcome === 'missing') throw notFoundOnGitHub();
        if (outcome === 'removed') return reply.code(204).send();
        throw new UserError('runner-busy', `Runner "${row.name}" is currently running a job and cannot be deleted.`);
      });
    }

    app.post('/actions/runner-registration', { config: { access: 'registration' } }, async (request) => {
      const scope = tokenScope(request);
      return {
        // The broker's address: GitHub's runner looks for the older protocol (V1) at any other (runner-protocol 2.2).
        url: `${context.settings.publicUrl}/broker/`,
        token_schema: 'OAuthAccessToken',
        token: await serviceToken(context, request, scope),
        use_v2_flow: true,
      };
    });
    app.post(
      '/actions/runners/register',
      { config: { access: 'registration', runnerTokens: ['registration'] } },
      async (request) => {
        const body = RegisterRequest.parse(request.body);
        const row = await register(context, tokenScope(request), body);
        return {
          id: row.id,
          name: row.name,
          authorization: {
            authorization_url: `${context.settings.publicUrl}/oauth/token/`,
            server_url: `${context.settings.publicUrl}/broker/`,
            client_id: row.client_id,
          },
        };
      },
    );
  };

/**
 * For the service of scale sets, whose clients read its end (runner-protocol 10.1). The official runner only passes it on,
 * so the one that comes with a remove token is of no use.
 */
async function serviceToken(context: ServerContext, request: FastifyRequest, scope: RunnerScope): Promise<string> {
  const { caller } = request;
  if (caller.kind !== 'registration' || caller.token.kind === 'remove') {
    return (await issueToken(context, 'remove', scope)).token;
  }
  const claims = { kind: scope.kind, name: scopeName(scope) };
  return issueScaleSetAdminToken(context.keys, claims, context.clock.now());
}

async function issueToken(
  context: ServerContext,
  kind: 'registration' | 'remove',
  scope: RunnerScope,
): Promise<RegistrationToken> {
  const now = context.clock.now();
  const expiresAt = now + TOKEN_LIFE_MS;
  const subject = `${scope.kind}:${scopeName(scope)}`;
  const token = await createToken(context.db, { kind, subject, scopes: '', expiresAt }, now);
  return { token, expires_at: isoTime(expiresAt) };
}
