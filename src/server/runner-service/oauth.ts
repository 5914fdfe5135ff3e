import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { decodeJwt, decodeProtectedHeader, errors, importJWK, type JWK, jwtVerify } from 'jose';
import { z } from 'zod';
import { findRunnerByClient, type RunnerRow } from '../../store/runners.ts';
import { issueRunnerToken, RUNNER_TOKEN_SECONDS } from '../auth/jwt.ts';
import type { ServerContext } from '../context.ts';

/** Assertions live five minutes; clocks may differ by as much. */
const CLOCK_TOLERANCE_SECONDS = 5 * 60;
const ALGORITHMS = ['RS256', 'PS256'];
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const TokenRequest = z.looseObject({
  grant_type: z.literal('client_credentials'),
  client_assertion_type: z.literal(ASSERTION_TYPE),
  client_assertion: z.string().max(8192),
});

/** A runner's signed assertion for an access token (runner-protocol 3). */
export const oauthRoutes =
  (context: ServerContext): FastifyPluginAsync =>
  async (app) => {
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    });

    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const parsed = TokenRequest.safeParse(request.body);
      if (!parsed.success)
        return reply.code(400).send(oauthError('invalid_request', 'The token request is malformed.'));
      const runner = await verifyAssertion(context, parsed.data.client_assertion);
      if ('error' in runner) return reply.code(400).send(runner);
      const token = await issueRunnerToken(context.keys, { runnerId: runner.id }, context.clock.now());
      return { access_token: token, token_type: 'bearer', expires_in: RUNNER_TOKEN_SECONDS };
    };
    for (const url of ['/oauth/token', '/oauth/token/']) {
      app.post(url, { config: { access: 'public' }, bodyLimit: 32 * 1024 }, handler);
    }
  };

interface OAuthError {
  error: string;
  error_description: string;
}

const oauthError = (error: string, description: string): OAuthError => ({ error, error_description: description });

/** What the JWT says of itself, before anything is verified. */
interface Claimed {
  clientId: string;
  algorithm: string;
}

function claimed(assertion: string): Claimed | undefined {
  try {
    const { sub } = decodeJwt(assertion);
    const { alg } = decodeProtectedHeader(assertion);
    return typeof sub === 'string' && alg !== undefined && ALGORITHMS.includes(alg)
      ? { clientId: sub, algorithm: alg }
      : undefined;
  } catch {
    // Not a JWT at all.
    return undefined;
  }
}

async function verifyAssertion(context: ServerContext, assertion: string): Promise<RunnerRow | OAuthError> {
  const claim = claimed(assertion);
  if (!claim) return oauthError('invalid_request', 'The assertion is not an RS256 or PS256 JWT.');
  const runner = await findRunnerByClient(context.db, claim.clientId);
  if (!runner) {
    return oauthError('invalid_client', 'This runner is not registered here; its registration may have been deleted.');
  }
  const url = `${context.settings.publicUrl}/oauth/token`;
  // Some write a URL without the port that is its scheme's own, such as GitHub's runner when it is configured.
  const { href } = new URL(url);
  const now = new Date(context.clock.now());
  try {
    const key = await importJWK(JSON.parse(runner.public_key) as JWK, claim.algorithm);
    await jwtVerify(assertion, key, {
      algorithms: ALGORITHMS,
      audience: [url, `${url}/`, href, `${href}/`],
      issuer: runner.client_id,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: now,
    });
    return runner;
  } catch (error) {
    if (isClockError(error)) {
      // The listener looks for this very phrase and then names the clock as the cause.
      return oauthError(
        'invalid_grant',
        `The assertion is not valid now. Current server time is ${now.toISOString()}.`,
      );
    }
    if (error instanceof errors.JOSEError) {
      return oauthError('invalid_grant', 'The assertion is not one that this runner signed for this server.');
    }
    throw error;
  }
}

function isClockError(error: unknown): boolean {
  if (error instanceof errors.JWTExpired) return true;
  return error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf';
}
