/** Who stands behind a token, and as what others see them. */
import type { FastifyRequest } from 'fastify';
import { UserError } from '../../common/errors.ts';
import { type AppRow, findAppById, findInstallation, type InstallationRow } from '../../store/apps.ts';
import { findSignedIn } from '../../store/people.ts';
import type { AccessLevel } from '../../store/tables/people.ts';
import { findToken, type TokenRow, touchToken } from '../../store/tokens.ts';
import type { Visible } from '../../store/visibility.ts';
import type { ServerContext } from '../context.ts';
import { type AppPermissions, narrowed } from './app-permissions.ts';
import {
  type GitHubClaims,
  type JobClaims,
  type RunnerClaims,
  type ScaleSetAdminClaims,
  type ScaleSetQueueClaims,
  verifyGitHubToken,
} from './jwt.ts';
import type { Place } from './places.ts';
import { accessAt, type Reach, visibleTo } from './reach.ts';

export type UserScope = AccessLevel;

export type Caller =
  /** Of an open route, or somebody at this very machine who reads the page without a token. */
  | { kind: 'anyone' }
  | { kind: 'user'; name: string; tokenId: number; expiresAt: string | null; reach: Reach }
  | { kind: 'github-token'; job: GitHubClaims }
  | {
      kind: 'installation';
      app: AppRow;
      installation: InstallationRow;
      tokenId: number;
      may: AppPermissions;
      places: Place[] | null;
    }
  | { kind: 'app'; app: AppRow }
  | { kind: 'runner'; runner: RunnerClaims }
  | { kind: 'job'; job: JobClaims }
  | { kind: 'registration'; token: TokenRow }
  | { kind: 'scale-sets'; admin: ScaleSetAdminClaims }
  | { kind: 'scale-set-queue'; queue: ScaleSetQueueClaims };

/** What installation tokens begin with, as on GitHub: clients tell kinds of tokens apart by it. */
export const INSTALLATION_PREFIX = 'ghs_';

const badToken = (message: string): UserError => new UserError('bad-token', message, { status: 401 });

/**
 * The person, App or job behind a token that git or REST was given.
 * @throws UserError 401; 403 for somebody who is suspended
 */
export async function callerOfToken(context: ServerContext, token: string | undefined): Promise<Caller> {
  if (!token) {
    throw new UserError('no-token', 'This needs a token.', { status: 401, hint: 'Send an Authorization header.' });
  }
  if (token.startsWith(INSTALLATION_PREFIX)) return installationOf(context, token);
  // A JWT is the GITHUB_TOKEN of a job; the others have no dots.
  if (token.includes('.')) return jobOf(context, token);
  return userOf(context, token);
}

async function userOf(context: ServerContext, text: string): Promise<Caller> {
  const { db } = context;
  const now = context.clock.now();
  const found = await findSignedIn(db, text, now);
  if (!found) throw badToken('The token is not known here, or has expired.');
  const { token, user, grants } = found;
  if (user.suspended_at !== null) throw suspended(`Sorry. The account ${user.login} was suspended.`);
  await touchToken(db, token, now);
  const scope: UserScope = token.scopes === 'admin' || token.scopes === 'write' ? token.scopes : 'read';
  const reach = { scope, places: JSON.parse(token.places) as Place[] | null, grants };
  return { kind: 'user', name: user.login, tokenId: token.id, expiresAt: token.expires_at, reach };
}

async function jobOf(context: ServerContext, token: string): Promise<Caller> {
  const job = await verifyGitHubToken(context.keys, token, context.clock.now());
  if (!(await context.engine.isRunning(job.jobId))) throw badToken('The job of this token has ended.');
  return { kind: 'github-token', job };
}

/** What the installation may now: its App may have lost permissions since the token was made, and it repositories. */
async function installationOf(context: ServerContext, text: string): Promise<Caller> {
  const { db } = context;
  const token = await findToken(db, 'installation', text, context.clock.now());
  const installation = token && (await findInstallation(db, Number(token.subject)));
  const app = installation && (await findAppById(db, installation.app_id));
  if (!app) throw badToken('The token is not known here, or has expired.');
  if (installation.suspended_at !== null) throw suspended('This installation has been suspended.');
  const may = narrowed(JSON.parse(app.permissions) as AppPermissions, JSON.parse(token.scopes) as AppPermissions);
  const places = JSON.parse(token.places) as Place[] | null;
  return { kind: 'installation', app, installation, tokenId: token.id, may, places };
}

const suspended = (message: string): UserError => new UserError('suspended', message, { status: 403 });

/** Whether an installation's token is for the place: its account or, of single repositories, one of them. */
export function isInstalledAt({ installation, places }: Caller & { kind: 'installation' }, place: Place): boolean {
  const selected = JSON.parse(installation.repositories) as Place[] | null;
  if (place === installation.account_key) return true;
  if (!place.startsWith(`${installation.account_key}/`)) return false;
  return [selected, places].every((list) => list === null || list.includes(place));
}

/** What the caller may do at a place as a person; of others nothing. */
export function personAccessAt(caller: Caller, place: Place): UserScope | undefined {
  return caller.kind === 'user' ? accessAt(caller.reach, place) : undefined;
}

/** Repositories that a reader of the page may see. */
export function visibleRepositories(caller: Caller): Visible {
  if (caller.kind === 'anyone') return 'all';
  return caller.kind === 'user' ? visibleTo(caller.reach) : [];
}

/** The name that events and runs carry as their actor. */
export function callerName(caller: Caller): string {
  if (caller.kind === 'user') return caller.name;
  return caller.kind === 'installation' || caller.kind === 'app' ? `${caller.app.slug}[bot]` : 'switchyard[bot]';
}

/** The caller as somebody who answers for environments of the place (SEM-12.3). */
export const reviewerOf = (caller: Caller, place: Place): { name: string; isAdmin: boolean } => ({
  name: callerName(caller),
  isAdmin: personAccessAt(caller, place) === 'admin',
});

/** The job whose token caused something, which therefore starts no runs (SEM-2.5). */
export function causingJob(caller: Caller): number | undefined {
  return caller.kind === 'github-token' ? caller.job.jobId : undefined;
}

/** Bearer, `token X`, or the password of Basic (git; the user name does not matter). */
export function secretOf(request: FastifyRequest): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+)\s+(.+)$/.exec(request.headers.authorization ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return value.trim();
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8');
      return text.slice(text.indexOf(':') + 1);
    }
    default:
      return undefined;
  }
}
