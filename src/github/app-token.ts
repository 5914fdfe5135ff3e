/** Tokens of a GitHub App's installation: short-lived, made with the App's key, renewed before they end. */
import type { KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import type { Clock } from '../common/clock.ts';
import { GitHubClient } from './client.ts';

export interface AppCredentials {
  /** Number of the App, or its client id. */
  appId: string;
  installationId: string;
  privateKey: KeyObject;
}

/** GitHub takes ten minutes at most, and refuses a time in its future: clocks differ. */
const JWT_SECONDS = 540;
const CLOCK_SKEW_SECONDS = 60;
/** A token that ends sooner is not begun with: a request may take a while. */
const RENEW_BEFORE_MS = 5 * 60 * 1000;

const InstallationToken = z.looseObject({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });

/**
 * @param url of the server
 * @returns gives the current token; many that ask at once wait for one request. Rejects with OutsideError
 */
export function installationTokens(url: string, app: AppCredentials, clock: Clock): () => Promise<string> {
  let current: { token: string; endsAtMs: number } | undefined;
  let pending: Promise<string> | undefined;
  const client = new GitHubClient({ url, token: () => appJwt(app, clock.now()), clock });
  const renew = async (): Promise<string> => {
    const path = `/app/installations/${encodeURIComponent(app.installationId)}/access_tokens`;
    const { token, expires_at } = await client.request(InstallationToken, { method: 'POST', path, body: {} });
    current = { token, endsAtMs: Date.parse(expires_at) };
    return token;
  };
  return async () => {
    if (current && current.endsAtMs - RENEW_BEFORE_MS > clock.now()) return current.token;
    pending ??= renew().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

function appJwt({ appId, privateKey }: AppCredentials, nowMs: number): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1_000) - CLOCK_SKEW_SECONDS;
  return new SignJWT({})
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(appId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + JWT_SECONDS)
    .sign(privateKey);
}
