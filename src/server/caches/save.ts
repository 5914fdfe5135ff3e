/** A cache comes into being: reserved by a job, uploaded, finished; then it is never changed (runner-protocol 9.7). */
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { type CacheRow, findCache, finishCache, insertCache } from '../../store/caches.ts';
import { findJob, type JobRow } from '../../store/jobs.ts';
import { UPLOAD_SECONDS } from '../blobs/uploads.ts';
import type { ServerContext } from '../context.ts';
import { makeRoom, removeCache } from './eviction.ts';
import type { CacheLimits } from './limits.ts';
import { cacheBlob, cacheUpload } from './names.ts';
import type { CacheScopes } from './scopes.ts';

export interface CacheKey {
  key: string;
  version: string;
}

/**
 * @returns undefined when there is one, or another job is writing one
 * @throws UserError 403 when the run may only read
 */
export async function reserveCache(
  context: ServerContext,
  scopes: CacheScopes,
  job: JobRow,
  { key, version }: CacheKey,
): Promise<CacheRow | undefined> {
  if (!scopes.mayWrite) {
    throw new UserError('cache-read-only', 'Runs of pull requests from forks may only read caches.', { status: 403 });
  }
  const name = { repository_id: scopes.repositoryId, ref: scopes.refs[0], key, version };
  return inTurn(context, scopes.repositoryId, async () => {
    const known = await findCache(context.db, name);
    if (known && !(await isGivenUp(context, known, job))) return undefined;
    if (known) await removeCache(context, known);
    const now = isoTime(context.clock.now());
    return insertCache(context.db, {
      ...name,
      size_bytes: 0,
      state: 'reserved',
      job_id: job.id,
      created_at: now,
      last_accessed_at: now,
    });
  });
}

/** By this job, which begins anew, by one that has ended, or since its URL has expired. */
async function isGivenUp({ db, clock }: ServerContext, cache: CacheRow, job: JobRow): Promise<boolean> {
  if (cache.state === 'ready') return false;
  if (cache.job_id === job.id || Date.parse(cache.created_at) + UPLOAD_SECONDS * 1000 < clock.now()) return true;
  return (await findJob(db, cache.job_id))?.phase !== 'running';
}

/** The job's own reservation, or what it finished before its answer was lost. */
export async function reservedCache(
  context: ServerContext,
  scopes: CacheScopes,
  job: JobRow,
  { key, version }: CacheKey,
): Promise<CacheRow | undefined> {
  const name = { repository_id: scopes.repositoryId, ref: scopes.refs[0], key, version };
  const cache = await findCache(context.db, name);
  return cache?.job_id === job.id ? cache : undefined;
}

/**
 * Takes what was uploaded, and makes room for it. May be repeated.
 * @throws UserError 422 when it is not as large as it should be, or larger than a repository may have
 */
export function finishUpload(
  context: ServerContext,
  limits: CacheLimits,
  cache: CacheRow,
  wantedBytes: number,
): Promise<void> {
  return inTurn(context, cache.repository_id, async () => {
    if (cache.state === 'ready') return;
    const { blobs, db, clock } = context;
    const [upload, target] = [cacheUpload(cache), cacheBlob(cache)];
    const uploaded = await blobs.size(upload);
    const sizeBytes = uploaded ?? (await blobs.size(target));
    if (sizeBytes !== wantedBytes) {
      throw new UserError('cache-incomplete', `Of ${wantedBytes} bytes ${sizeBytes ?? 0} have arrived.`);
    }
    assertSize(limits, sizeBytes);
    if (uploaded !== undefined) await blobs.move(upload, target);
    await makeRoom(context, cache.repository_id, limits.maxBytes - sizeBytes);
    await finishCache(db, cache.id, sizeBytes, isoTime(clock.now()));
  });
}

/** @throws UserError 400 */
export function assertSize({ maxBytes }: CacheLimits, sizeBytes: number): void {
  if (sizeBytes <= maxBytes) return;
  throw new UserError('cache-too-large', `The cache has ${sizeBytes} bytes; a repository may have ${maxBytes}.`, {
    status: 400,
    hint: 'SWITCHYARD_CACHE_MAX_MB raises the limit.',
  });
}

const inTurn = <T>({ turns }: ServerContext, repositoryId: number, task: () => Promise<T>): Promise<T> =>
  turns.take(`caches:${repositoryId}`, task);
