/** Every kind of caller that a server can meet, for tests of who is let in. */
import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import type { AppPermissions } from '../../src/server/auth/app-permissions.ts';
import type { GrantedPermissions } from '../../src/server/auth/job-permissions.ts';
import {
  issueGitHubToken,
  issueJobToken,
  issueRunnerToken,
  issueScaleSetAdminToken,
  issueScaleSetQueueToken,
} from '../../src/server/auth/jwt.ts';
import type { ServerContext } from '../../src/server/context.ts';
import { addAppKey, insertApp, putInstallation } from '../../src/store/apps.ts';
import { insertUser, setGrant, setSuspended } from '../../src/store/people.ts';
import type { AccessLevel } from '../../src/store/tables/people.ts';
import { createToken } from '../../src/store/tokens.ts';

const HOUR_MS = 60 * 60 * 1000;
const AT = '2026-01-01T00:00:00.000Z';

export interface Person {
  scope?: AccessLevel;
  grants?: Record<string, AccessLevel>;
  places?: string[] | null;
  isSuspended?: boolean;
  isExpired?: boolean;
}

/** Makes callers in the store of a server, and gives the value of their `Authorization` header. */
export class Callers {
  readonly #context: ServerContext;
  #number = 0;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  async person({ scope = 'admin', grants = {}, places = null, isSuspended, isExpired }: Person): Promise<string> {
    const { db, clock } = this.#context;
    const user = await insertUser(db, `person-${++this.#number}`, clock.now());
    if (!user) throw new Error('the name is taken');
    for (const [place, access] of Object.entries(grants)) await setGrant(db, user.id, place, access, clock.now());
    if (isSuspended) await setSuspended(db, user.id, AT);
    const expiresAt = isExpired ? clock.now() - 1 : null;
    const token = { kind: 'user', subject: user.key, scopes: scope, places, expiresAt } as const;
    return `Bearer ${await createToken(db, token, clock.now())}`;
  }

  async runnerToken(kind: 'registration' | 'remove', subject = 'enterprise:switchyard'): Promise<string> {
    const { db, clock } = this.#context;
    const expiresAt = clock.now() + HOUR_MS;
    return `RemoteAuth ${await createToken(db, { kind, subject, scopes: '', expiresAt }, clock.now())}`;
  }

  async runner(): Promise<string> {
    return `Bearer ${await issueRunnerToken(this.#context.keys, { runnerId: 1 }, this.#context.clock.now())}`;
  }

  async scaleSets(): Promise<string> {
    const { keys, clock } = this.#context;
    return `Bearer ${await issueScaleSetAdminToken(keys, { kind: 'enterprise', name: 'switchyard' }, clock.now())}`;
  }

  async scaleSetQueue(): Promise<string> {
    const { keys, clock } = this.#context;
    return `Bearer ${await issueScaleSetQueueToken(keys, { setId: 1, sessionId: 'none' }, clock.now())}`;
  }

  async job(repositoryId: number): Promise<string> {
    const { keys, clock } = this.#context;
    return `Bearer ${await issueJobToken(keys, jobClaims(repositoryId), clock.now(), 3_600)}`;
  }

  async githubToken(repositoryId: number, permissions: GrantedPermissions, jobId = 1): Promise<string> {
    const { keys, clock } = this.#context;
    const claims = { ...jobClaims(repositoryId), jobId, permissions };
    return `Bearer ${await issueGitHubToken(keys, claims, clock.now(), 3_600)}`;
  }

  /** @returns the JWT of an App, and a token of its installation on the account */
  async app(
    account: string,
    permissions: AppPermissions,
    repositories: string[] | null = null,
  ): Promise<{ jwt: string; token: string; installationId: number }> {
    const { db, clock } = this.#context;
    const slug = `app-${++this.#number}`;
    const times = { created_at: AT, updated_at: AT };
    const held = JSON.stringify(permissions);
    const app = await insertApp(db, { slug, name: slug, client_id: `Iv1.${slug}`, permissions: held, ...times });
    if (!app) throw new Error('the slug is taken');
    await addAppKey(db, { app_id: app.id, public_key: PUBLIC_KEY, fingerprint: 'test', created_at: AT });
    const installation = await putInstallation(db, {
      app_id: app.id,
      account,
      account_key: account.toLowerCase(),
      repositories: JSON.stringify(repositories),
      ...times,
    });
    const expiresAt = clock.now() + HOUR_MS;
    const subject = String(installation.id);
    const row = { kind: 'installation', subject, scopes: held, expiresAt, prefix: 'ghs_' } as const;
    const token = await createToken(db, row, clock.now());
    return {
      jwt: `Bearer ${await appJwt(String(app.id), clock.now())}`,
      token: `Bearer ${token}`,
      installationId: installation.id,
    };
  }
}

const jobClaims = (repositoryId: number) => ({ jobId: 1, runId: 1, repositoryId, planId: 'plan', jobGuid: 'job' });

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** As ARC's clients make it; `seconds` moves both times. */
export function appJwt(
  issuer: string,
  nowMs: number,
  { seconds = 0, life = 600, key = privateKey, alg = 'RS256' } = {},
): Promise<string> {
  const now = Math.floor(nowMs / 1000) + seconds;
  return new SignJWT({})
    .setProtectedHeader({ alg })
    .setIssuer(issuer)
    .setIssuedAt(now - 60)
    .setExpirationTime(now - 60 + life)
    .sign(key);
}
