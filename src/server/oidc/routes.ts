import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { tokenPermissions } from '../engine/permissions.ts';
import { failureOf } from '../failures.ts';
import { runningJob } from '../running-job.ts';
import { jobClaims } from './claims.ts';
import { publishedKeys, SIGNING_ALGORITHM, signingKey } from './keys.ts';
import { subjectKeys, subjectOf } from './subject.ts';
import { ID_TOKEN_PATH, ISSUER_PATH } from './urls.ts';

/** It is exchanged at once for what it is meant for. */
const TOKEN_SECONDS = 10 * 60;
/** For verifiers whose clock is behind. */
const SKEW_SECONDS = 60;
const KEYS_MAX_AGE_SECONDS = 60 * 60;

const IdTokenQuery = z.object({ audience: z.string().min(1).max(1_000).optional() });

/** The issuer of OIDC tokens for jobs, and its public face for whoever verifies them (runner-protocol 9.9). */
export function oidcRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const { status, message, code } = failureOf(error, request, context.logger);
      return reply.code(status).send({ message, code });
    });
    const config = { access: 'public' } as const;
    app.get(`${ISSUER_PATH}/.well-known/openid-configuration`, { config }, () => discovery(issuerOf(context)));
    app.get(`${ISSUER_PATH}/.well-known/jwks`, { config }, async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${KEYS_MAX_AGE_SECONDS}`);
      return { keys: await publishedKeys(context) };
    });
    app.get(ID_TOKEN_PATH, { config: { access: 'job' } }, async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return { count: 1, value: await issue(context, request) };
    });
  };
}

const issuerOf = ({ settings }: ServerContext): string => settings.publicUrl + ISSUER_PATH;

function discovery(issuer: string) {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    claims_supported: CLAIMS,
    id_token_signing_alg_values_supported: [SIGNING_ALGORITHM],
    scopes_supported: ['openid'],
  };
}

const CLAIMS =
  'sub aud exp iat iss jti nbf ref sha repository repository_id repository_owner repository_owner_id repository_visibility run_id run_number run_attempt actor actor_id workflow workflow_ref workflow_sha head_ref base_ref event_name ref_type ref_protected environment enterprise job_workflow_ref job_workflow_sha check_run_id runner_environment'.split(
    ' ',
  );

async function issue(context: ServerContext, { caller, query }: FastifyRequest): Promise<string> {
  if (caller.kind !== 'job') throw new Error('the route lacks the access "job"');
  const { audience } = IdTokenQuery.parse(query);
  const job = await runningJob(context, caller.job);
  if (tokenPermissions(job)['id-token'] !== 'write') {
    throw new UserError('no-id-token', 'The job lacks the permission `id-token: write`.', { status: 403 });
  }
  const claims = await jobClaims(context.db, job, context.settings);
  const repository = await findRepositoryById(context.db, job.repository_id);
  const keys = repository ? await subjectKeys(context.db, repository) : null;
  const { kid, key } = await signingKey(context);
  const now = Math.floor(context.clock.now() / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: 'JWT', kid })
    .setIssuer(issuerOf(context))
    .setSubject(subjectOf(claims, keys))
    .setAudience(audience ?? `${context.settings.publicUrl}/${claims.repository_owner}`)
    .setJti(newGuid())
    .setIssuedAt(now)
    .setNotBefore(now - SKEW_SECONDS)
    .setExpirationTime(now + TOKEN_SECONDS)
    .sign(key);
}
