import { jwtVerify, SignJWT } from 'jose';
import { UserError } from '../../common/errors.ts';
import type { GrantedPermissions } from './job-permissions.ts';
import type { ServerKeys } from './keys.ts';

/** Tokens that the server signs for itself, one audience per use so that none passes for another. */
const ISSUER = 'switchyard';

/** What a runner calls session, message and acquire with (runner-protocol 3). */
export interface RunnerClaims {
  runnerId: number;
}

/** What a job's worker calls renew, complete and the results service with. */
export interface JobClaims {
  jobId: number;
  runId: number;
  repositoryId: number;
  planId: string;
  jobGuid: string;
}

/** The `GITHUB_TOKEN` of a job. */
export interface GitHubClaims extends JobClaims {
  permissions: GrantedPermissions;
}

/** What the controller of scale sets calls their service with (runner-protocol 10.1): those of one place. */
export interface ScaleSetAdminClaims {
  kind: 'repository' | 'organization' | 'enterprise';
  /** As runners of the place have it: `owner/repo`, organization or enterprise. */
  name: string;
}

/** What the listener of a scale set reads its messages with. */
export interface ScaleSetQueueClaims {
  setId: number;
  sessionId: string;
}

/** The official client refreshes shortly before; at least 50 min are wanted. */
export const RUNNER_TOKEN_SECONDS = 60 * 60;

export function issueRunnerToken(keys: ServerKeys, claims: RunnerClaims, nowMs: number): Promise<string> {
  return sign(keys, 'runner', { ...claims }, nowMs, RUNNER_TOKEN_SECONDS);
}

/** `scp` carries the ids that the toolkit's artifact and cache clients read (runner-protocol 9.5). */
export function issueJobToken(keys: ServerKeys, claims: JobClaims, nowMs: number, seconds: number): Promise<string> {
  const scp = `Actions.Results:${claims.planId}:${claims.jobGuid}`;
  return sign(keys, 'job', { ...claims, scp, orch_id: `${claims.planId}.${claims.jobId}` }, nowMs, seconds);
}

/** `secrets.GITHUB_TOKEN`: git and REST on the job's own repository, as far as its permissions go (SEM-6.5). */
export function issueGitHubToken(
  keys: ServerKeys,
  claims: GitHubClaims,
  nowMs: number,
  seconds: number,
): Promise<string> {
  return sign(keys, 'github', { ...claims }, nowMs, seconds);
}

/** Both kinds of tokens of scale sets are asked for anew when they end. */
export const SCALE_SET_TOKEN_SECONDS = 60 * 60;

export const issueScaleSetAdminToken = (
  keys: ServerKeys,
  claims: ScaleSetAdminClaims,
  nowMs: number,
): Promise<string> => sign(keys, 'scale-sets', { ...claims }, nowMs, SCALE_SET_TOKEN_SECONDS);

export const issueScaleSetQueueToken = (
  keys: ServerKeys,
  claims: ScaleSetQueueClaims,
  nowMs: number,
): Promise<string> => sign(keys, 'scale-set-queue', { ...claims }, nowMs, SCALE_SET_TOKEN_SECONDS);

export async function verifyScaleSetAdminToken(
  keys: ServerKeys,
  token: string,
  nowMs: number,
): Promise<ScaleSetAdminClaims> {
  const { kind, name } = await verify(keys, 'scale-sets', token, nowMs);
  return { kind: kind as ScaleSetAdminClaims['kind'], name: String(name) };
}

export async function verifyScaleSetQueueToken(
  keys: ServerKeys,
  token: string,
  nowMs: number,
): Promise<ScaleSetQueueClaims> {
  const { setId, sessionId } = await verify(keys, 'scale-set-queue', token, nowMs);
  return { setId: Number(setId), sessionId: String(sessionId) };
}

export async function verifyRunnerToken(keys: ServerKeys, token: string, nowMs: number): Promise<RunnerClaims> {
  const { runnerId } = await verify(keys, 'runner', token, nowMs);
  return { runnerId: Number(runnerId) };
}

export const verifyJobToken = async (keys: ServerKeys, token: string, nowMs: number): Promise<JobClaims> =>
  jobClaims(await verify(keys, 'job', token, nowMs));

export async function verifyGitHubToken(keys: ServerKeys, token: string, nowMs: number): Promise<GitHubClaims> {
  const claims = await verify(keys, 'github', token, nowMs);
  return { ...jobClaims(claims), permissions: (claims.permissions ?? {}) as GrantedPermissions };
}

function jobClaims(claims: Record<string, unknown>): JobClaims {
  return {
    jobId: Number(claims.jobId),
    runId: Number(claims.runId),
    repositoryId: Number(claims.repositoryId),
    planId: String(claims.planId),
    jobGuid: String(claims.jobGuid),
  };
}

function sign(
  keys: ServerKeys,
  audience: string,
  claims: Record<string, unknown>,
  nowMs: number,
  seconds: number,
): Promise<string> {
  const now = Math.floor(nowMs / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(keys.tokens);
}

/** Tokens that were verified, with their claims. A job's token comes some twenty times; checking it costs 1 ms each. */
const verified = new Map<string, Record<string, unknown>>();
const REMEMBERED = 10_000;

/** @throws UserError 401 for anything but a valid token of this audience */
async function verify(
  keys: ServerKeys,
  audience: string,
  token: string,
  nowMs: number,
): Promise<Record<string, unknown>> {
  // The key is part of the name: another server's token is none of ours.
  const name = `${keys.name} ${audience} ${token}`;
  const known = verified.get(name);
  if (known && Number(known.exp) * 1000 > nowMs) return known;
  try {
    const options = { issuer: ISSUER, audience, algorithms: ['HS256'], currentDate: new Date(nowMs) };
    const { payload } = await jwtVerify(token, keys.tokens, options);
    const [oldest] = verified.keys();
    if (verified.size >= REMEMBERED && oldest !== undefined) verified.delete(oldest);
    verified.set(name, payload);
    return payload;
  } catch (error) {
    throw new UserError('bad-token', 'The token is not valid here, or has expired.', { status: 401, cause: error });
  }
}
