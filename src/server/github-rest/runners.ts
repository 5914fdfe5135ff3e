import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import {
  GenerateJitConfigRequest,
  type GenerateJitConfigResponse,
  type RegistrationToken,
  type Runner,
  type RunnerPage,
  type RunnerScope,
  scopeName,
} from '../../protocol/github/runners.ts';
import { encodeJitConfig, type RsaPrivateJwk } from '../../protocol/runner/jit-config.ts';
import { allRunners, insertRunner, type RunnerGroupRow, type RunnerRow, runnerGroups } from '../../store/runners.ts';
import { createToken } from '../../store/tokens.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { scopeOf } from '../engine/runner-directory.ts';
import { notFoundOnGitHub, useGitHubErrors } from './errors.ts';
import { runnerGroupRoutes } from './runner-groups.ts';
import { SCOPES, scopeOfRequest } from './runner-scopes.ts';

/** A registration or remove token is valid for this long (runner-protocol 1.6). */
const TOKEN_LIFE_MS = 60 * 60 * 1000;

/** Labels that the official runner gives itself; GitHub lets nobody change them (SEM-13.3). */
const SYSTEM_LABELS = /^(self-hosted|linux|windows|macos|x64|x86|arm|arm64)$/i;

const PageQuery = z.looseObject({
  name: z.string().optional(),
  per_page: z.coerce.number().int().min(1).max(100).default(30),
  page: z.coerce.number().int().min(1).default(1),
});

const RegisterRequest = z.looseObject({
  url: z.string().max(2048),
  group_id: z.number().int().positive().default(1),
  name: z.string().min(1).max(64),
  version: z.string().max(64).default(''),
  ephemeral: z.boolean().default(false),
  labels: z.array(z.looseObject({ name: z.string().min(1).max(256), type: z.string().optional() })).max(100),
  public_key: z.string().max(4096),
  runner_id: z.number().int().optional(),
  replace: z.boolean().optional(),
});

/** Self-hosted runners: tokens, JIT configs, listing, removal, and the calls of `config.sh` (runner-protocol 1). */
export const runnerRoutes =
  (context: ServerContext): FastifyPluginAsync =>
  async (app) => {
    useGitHubErrors(app, context);
    runnerGroupRoutes(app, context);
    for (const prefix of SCOPES) {
      const base = `${prefix}/actions/runners`;
      const admin = needs('admin', 'people');

      for (const kind of ['registration', 'remove'] as const) {
        app.post(`${base}/${kind}-token`, admin, async (request, reply) => {
          const scope = await scopeOfRequest(context, request);
          reply.code(201);
          return issueToken(context, kind, scope);
        });
      }
      app.post(`${base}/generate-jitconfig`, admin, async (request, reply) => {
        const scope = await scopeOfRequest(context, request);
        const body = GenerateJitConfigRequest.parse(request.body);
        reply.code(201);
        return generateJitConfig(context, scope, body);
      });
      app.get(base, admin, async (request): Promise<RunnerPage> => {
        const scope = await scopeOfRequest(context, request);
        const { name, per_page, page } = PageQuery.parse(request.query);
        const rows = (await runnersIn(context, scope)).filter((row) => name === undefined || row.name === name);
        const shown = rows.slice((page - 1) * per_page, page * per_page);
        return { total_count: rows.length, runners: await Promise.all(shown.map((row) => viewRunner(context, row))) };
      });
      app.get(`${base}/:id`, admin, async (request) => viewRunner(context, await runnerOfRequest(context, request)));
      app.delete(`${base}/:id`, admin, async (request, reply) => {
        const row = await runnerOfRequest(context, request);
        const outcome = await context.engine.removeRunner(row.id);
        if (outcome === 'missing') throw notFoundOnGitHub();
        if (outcome === 'removed') return reply.code(204).send();
        throw new UserError('runner-busy', `Runner "${row.name}" is currently running a job and cannot be deleted.`);
      });
    }

    app.post('/actions/runner-registration', { config: { access: 'registration' } }, async (request) => {
      const scope = tokenScope(request);
      return {
        url: `${context.settings.publicUrl}/`,
        token_schema: 'OAuthAccessToken',
        token: (await issueToken(context, 'registration', scope)).token,
        use_v2_flow: true,
      };
    });
    app.post('/actions/runners/register', { config: { access: 'registration' } }, async (request) => {
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
    });
  };

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

function tokenScope(request: FastifyRequest): RunnerScope {
  if (request.caller.kind !== 'registration') throw new Error('the route lacks the access "registration"');
  const { subject } = request.caller.token;
  const kind = subject.slice(0, subject.indexOf(':')) as RunnerScope['kind'];
  return scopeOf({ scope_kind: kind, scope_name: subject.slice(subject.indexOf(':') + 1) });
}

async function runnersIn(context: ServerContext, scope: RunnerScope): Promise<RunnerRow[]> {
  const name = scopeName(scope).toLowerCase();
  return (await allRunners(context.db)).filter(
    (row) => row.scope_kind === scope.kind && row.scope_name.toLowerCase() === name,
  );
}

async function runnerOfRequest(context: ServerContext, request: FastifyRequest): Promise<RunnerRow> {
  const id = Number((request.params as { id: string }).id);
  const row = (await runnersIn(context, await scopeOfRequest(context, request))).find(
    (candidate) => candidate.id === id,
  );
  if (row) return row;
  throw notFoundOnGitHub();
}

async function viewRunner(context: ServerContext, row: RunnerRow): Promise<Runner> {
  const view = await context.engine.views.runner(row.id);
  const state = view?.state ?? 'offline';
  const labels = JSON.parse(row.labels) as { name: string; type: 'read-only' | 'custom' }[];
  return {
    id: row.id,
    name: row.name,
    os: row.os,
    status: state === 'offline' ? 'offline' : 'online',
    busy: state === 'busy',
    ephemeral: row.ephemeral === 1,
    runner_group_id: row.group_id,
    labels: labels.map((label, index) => ({ id: index + 1, ...label })),
    // GitHub has no such fields; what reads its shapes passes over them.
    wall: view?.wall ?? null,
    group_wall: view?.groupWall ?? null,
  };
}

async function generateJitConfig(
  context: ServerContext,
  scope: RunnerScope,
  request: GenerateJitConfigRequest,
): Promise<GenerateJitConfigResponse> {
  const key = await context.runnerKeys.take();
  const { row, group } = await insertOrRefuse(context, scope, {
    name: request.name,
    groupId: request.runner_group_id,
    labels: request.labels,
    version: '',
    isEphemeral: true,
    publicKey: { kty: 'RSA', n: key.n, e: key.e },
  });
  return {
    runner: await viewRunner(context, row),
    encoded_jit_config: jitConfigOf(context, scope, row, group.name, key, request),
  };
}

function jitConfigOf(
  context: ServerContext,
  scope: RunnerScope,
  row: RunnerRow,
  groupName: string,
  key: RsaPrivateJwk,
  request: GenerateJitConfigRequest,
): string {
  const { publicUrl } = context.settings;
  const path = scope.kind === 'enterprise' ? `enterprises/${scope.name}` : scopeName(scope);
  return encodeJitConfig({
    runner: {
      AgentId: String(row.id),
      AgentName: row.name,
      PoolId: String(row.group_id),
      PoolName: groupName,
      ServerUrlV2: `${publicUrl}/broker/`,
      UseV2Flow: 'true',
      GitHubUrl: `${publicUrl}/${path}`,
      WorkFolder: request.work_folder ?? '_work',
      Ephemeral: 'true',
      DisableUpdate: 'true',
      IsHostedServer: 'false',
      Nonce: newGuid(),
    },
    credentials: {
      Scheme: 'OAuth',
      Data: {
        clientId: row.client_id,
        authorizationUrl: `${publicUrl}/oauth/token/`,
        requireFipsCryptography: 'True',
      },
    },
    key,
  });
}

interface NewRunner {
  name: string;
  groupId: number;
  labels: string[];
  version: string;
  isEphemeral: boolean;
  publicKey: { kty: 'RSA'; n: string; e: string };
  /** JSON, of the runner that it takes the place of. */
  wall?: string;
}

/** @throws UserError 409 when the name is taken, 422 for an unknown group */
async function insertOrRefuse(
  context: ServerContext,
  scope: RunnerScope,
  runner: NewRunner,
): Promise<{ row: RunnerRow; group: RunnerGroupRow }> {
  const group = (await runnerGroups(context.db)).find(({ id }) => id === runner.groupId);
  if (!group) throw new UserError('no-such-group', `There is no runner group with the id ${runner.groupId}.`);
  const row = await insertRunner(context.db, {
    name: runner.name,
    scope_kind: scope.kind,
    scope_name: scopeName(scope),
    group_id: group.id,
    labels: JSON.stringify(uniqueLabels(runner.labels)),
    os: systemOf(runner.labels),
    version: runner.version,
    ephemeral: runner.isEphemeral ? 1 : 0,
    client_id: newGuid(),
    public_key: JSON.stringify(runner.publicKey),
    wall: runner.wall,
    last_seen_at: null,
    created_at: isoTime(context.clock.now()),
  });
  if (!row) {
    throw new UserError('runner-exists', `Already exists - A runner with the name ${runner.name} is registered here.`, {
      status: 409,
    });
  }
  context.engine.runnerRegistered(row, group.name);
  return { row, group };
}

function uniqueLabels(names: string[]): { name: string; type: 'read-only' | 'custom' }[] {
  const unique = new Map(names.map((name) => [name.toLowerCase(), name]));
  return [...unique.values()].map((name) => ({ name, type: SYSTEM_LABELS.test(name) ? 'read-only' : 'custom' }));
}

/** Until the runner's first session says it. */
function systemOf(labels: string[]): string {
  return ['linux', 'windows', 'macos'].find((os) => labels.some((label) => label.toLowerCase() === os)) ?? 'unknown';
}

async function register(
  context: ServerContext,
  scope: RunnerScope,
  request: z.infer<typeof RegisterRequest>,
): Promise<RunnerRow> {
  const existing = (await runnersIn(context, scope)).find(({ name }) => name === request.name);
  const replaced = request.replace ? existing : undefined;
  if (replaced) {
    const outcome = await context.engine.removeRunner(replaced.id);
    if (outcome === 'busy') throw new UserError('runner-busy', `Runner "${replaced.name}" is currently running a job.`);
  }
  const { row } = await insertOrRefuse(context, scope, {
    name: request.name,
    groupId: request.group_id,
    labels: request.labels.map(({ name }) => name),
    version: request.version,
    isEphemeral: request.ephemeral,
    publicKey: parseXmlKey(request.public_key),
    // Else a machine that is set up anew would be open to everybody.
    wall: replaced?.wall,
  });
  return row;
}

/** .NET's XML form of a public key, base64 big-endian numbers, to JWK (runner-protocol 1.3). */
function parseXmlKey(xml: string): { kty: 'RSA'; n: string; e: string } {
  const [, modulus] = /<Modulus>([A-Za-z0-9+/=\s]+)<\/Modulus>/.exec(xml) ?? [];
  const [, exponent] = /<Exponent>([A-Za-z0-9+/=\s]+)<\/Exponent>/.exec(xml) ?? [];
  if (!modulus || !exponent) throw new UserError('bad-public-key', 'public_key is not an RSAKeyValue in XML.');
  const number = (base64: string): string => {
    const raw = Buffer.from(base64, 'base64');
    const start = raw.findIndex((byte) => byte !== 0);
    return raw.subarray(Math.max(0, start)).toString('base64url');
  };
  return { kty: 'RSA', n: number(modulus), e: number(exponent) };
}
