/** An artifact comes into being: created, uploaded to a signed URL, finalized (runner-protocol 9.2). */
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { CreateArtifactRequest, FinalizeArtifactRequest } from '../../protocol/artifacts/index.ts';
import {
  type ArtifactRow,
  deleteArtifact,
  findArtifactNamed,
  finishArtifact,
  insertArtifact,
} from '../../store/artifacts.ts';
import { findJob, type JobRow } from '../../store/jobs.ts';
import type { JobClaims } from '../auth/jwt.ts';
import { digestOf } from '../blobs/digest.ts';
import { signedUrl } from '../blobs/signed-url.ts';
import { UPLOAD_SECONDS } from '../blobs/uploads.ts';
import type { ServerContext } from '../context.ts';
import { runningJob } from '../running-job.ts';
import type { ArtifactLimits } from './limits.ts';
import { artifactBlob, uploadName } from './names.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Characters that the toolkit refuses too: some file systems do not have them. */
const FORBIDDEN = /["<>:|*?\r\n\\/]/;
const ZIP = 'application/zip';

/** @throws UserError 409 when the attempt has one of this name, or another job is uploading one */
export async function createArtifact(
  context: ServerContext,
  limits: ArtifactLimits,
  claims: JobClaims,
  request: CreateArtifactRequest,
): Promise<object> {
  const job = await runningJob(context, claims);
  const { name } = request;
  if (FORBIDDEN.test(name)) throw new UserError('bad-artifact-name', `"${name}" cannot be the name of an artifact.`);
  const artifact = await context.turns.take(`artifacts:${job.run_id}`, async () => {
    await makeRoom(context, job, name);
    const now = context.clock.now();
    return insertArtifact(context.db, {
      repository_id: job.repository_id,
      run_id: job.run_id,
      attempt: job.attempt,
      job_id: job.id,
      name,
      mime_type: request.mime_type ?? ZIP,
      size_bytes: 0,
      state: 'uploading',
      created_at: isoTime(now),
      updated_at: isoTime(now),
      expires_at: isoTime(expiryOf(request.expires_at, now, limits)),
    });
  });
  return { ok: true, signed_upload_url: signedUrl(context, uploadName(artifact), 'w', UPLOAD_SECONDS) };
}

/** An upload that its job begins anew, or that a job which has ended left, gives way. */
async function makeRoom(context: ServerContext, job: JobRow, name: string): Promise<void> {
  const known = await findArtifactNamed(context.db, { run_id: job.run_id, attempt: job.attempt, name });
  if (!known) return;
  const isOwn = known.job_id === job.id;
  if (known.state !== 'uploading' || !(isOwn || (await hasEnded(context, known.job_id)))) {
    throw new UserError('artifact-exists', `An artifact with the name "${name}" already exists on the run.`, {
      status: 409,
      hint: 'Artifacts are never changed: choose another name, or delete the old one first (overwrite: true).',
    });
  }
  await removeArtifact(context, known);
}

const hasEnded = async ({ db }: ServerContext, jobId: number): Promise<boolean> =>
  (await findJob(db, jobId))?.phase !== 'running';

function expiryOf(wanted: string | undefined, nowMs: number, { retentionDays }: ArtifactLimits): number {
  const latest = nowMs + retentionDays * DAY_MS;
  return wanted === undefined ? latest : Math.min(Date.parse(wanted), latest);
}

/**
 * Takes what was uploaded as it is from now on. May be repeated after a lost answer.
 * @throws UserError 404 for an upload that is not this job's; 422 when size or digest differ, which discards it
 */
export async function finalizeArtifact(
  context: ServerContext,
  limits: ArtifactLimits,
  claims: JobClaims,
  request: FinalizeArtifactRequest,
): Promise<object> {
  const job = await runningJob(context, claims);
  const artifact = await findArtifactNamed(context.db, {
    run_id: job.run_id,
    attempt: job.attempt,
    name: request.name,
  });
  if (artifact?.job_id !== job.id) {
    throw new UserError('not-found', `This job uploads no artifact "${request.name}".`, { status: 404 });
  }
  if (artifact.state === 'uploading') await finish(context, limits, artifact, request);
  return { ok: true, artifact_id: String(artifact.id) };
}

async function finish(
  context: ServerContext,
  limits: ArtifactLimits,
  artifact: ArtifactRow,
  request: FinalizeArtifactRequest,
): Promise<void> {
  const { blobs, db } = context;
  const [upload, target] = [uploadName(artifact), artifactBlob(artifact)];
  // An earlier try may have come as far as to move it.
  const name = (await blobs.size(upload)) === undefined ? target : upload;
  const sizeBytes = await blobs.size(name);
  if (sizeBytes === undefined) throw new UserError('nothing-uploaded', 'Nothing was uploaded for this artifact.');
  if (sizeBytes > limits.maxBytes)
    await refuse(context, artifact, `It has ${sizeBytes} bytes; ${limits.maxBytes} are allowed.`);
  const sha256 = await digestOf(blobs, name);
  if (!isAsSaid(request, sizeBytes, sha256)) await refuse(context, artifact, 'What arrived is not what was sent.');
  if (name === upload) await blobs.move(upload, target);
  await finishArtifact(db, artifact.id, {
    size_bytes: sizeBytes,
    sha256,
    updated_at: isoTime(context.clock.now()),
  });
  context.changes.emit('run', artifact.run_id);
}

/** The digest says more than the size, which clients count while they send. */
function isAsSaid({ hash, size }: FinalizeArtifactRequest, sizeBytes: number, sha256: string): boolean {
  return hash === undefined ? size === sizeBytes : hash.toLowerCase() === `sha256:${sha256}`;
}

async function refuse(context: ServerContext, artifact: ArtifactRow, why: string): Promise<never> {
  await removeArtifact(context, artifact);
  throw new UserError('artifact-refused', `The artifact "${artifact.name}" was refused. ${why}`);
}

/** The row first: what is not in the store is not there, whatever still lies on the disk. */
export async function removeArtifact(context: ServerContext, artifact: ArtifactRow): Promise<void> {
  await deleteArtifact(context.db, artifact.id);
  await context.blobs.delete(artifactBlob(artifact));
  await context.blobs.delete(uploadName(artifact));
  context.changes.emit('run', artifact.run_id);
}
