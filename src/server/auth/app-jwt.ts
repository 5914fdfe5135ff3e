/** GitHub Apps prove who they are with a JWT that their private key signed (runner-protocol 10.1). */
import { createPublicKey } from 'node:crypto';
import { decodeJwt, errors, jwtVerify } from 'jose';
import { UserError } from '../../common/errors.ts';
import { type AppRow, findAppByIssuer, keysOfApp } from '../../store/apps.ts';
import type { ServerContext } from '../context.ts';

/** GitHub's own limit, and how far clocks may differ. */
const LONGEST_SECONDS = 10 * 60;
const SKEW_SECONDS = 60;

/** @throws UserError 401, in GitHub's words; 404 for an App that is not known */
export async function appOfJwt(context: ServerContext, token: string): Promise<AppRow> {
  const issuer = issuerOf(token);
  const app = issuer === undefined ? undefined : await findAppByIssuer(context.db, issuer);
  if (issuer === undefined) throw refused('A JSON web token could not be decoded.');
  if (!app) throw new UserError('not-found', 'Integration not found.', { status: 404 });
  const now = Math.floor(context.clock.now() / 1000);
  const { iat, exp } = await verified(context, app, token);
  if (iat === undefined || iat > now + SKEW_SECONDS) {
    throw refused("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued.");
  }
  if (exp === undefined || exp > now + LONGEST_SECONDS + SKEW_SECONDS) {
    throw refused("'Expiration time' claim ('exp') is too far in the future.");
  }
  return app;
}

/** What the JWT says of itself, before anything is verified. */
function issuerOf(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    // Some clients write the App's id as a number.
    return iss === undefined ? undefined : String(iss);
  } catch {
    return undefined;
  }
}

async function verified(context: ServerContext, app: AppRow, token: string): Promise<{ iat?: number; exp?: number }> {
  const options = { algorithms: ['RS256'], clockTolerance: SKEW_SECONDS, currentDate: new Date(context.clock.now()) };
  for (const { public_key } of await keysOfApp(context.db, app.id)) {
    try {
      return (await jwtVerify(token, createPublicKey(public_key), options)).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refused("'Expiration time' claim ('exp') must be in the future.");
      // Another of its keys may have signed it.
      if (!(error instanceof errors.JOSEError)) throw error;
    }
  }
  throw refused('A JSON web token could not be decoded.');
}

const refused = (message: string): UserError => new UserError('bad-app-token', message, { status: 401 });
