import { UserError } from '../../common/errors.ts';
import { type ArtifactRow, type ArtifactWithRun, queryArtifacts } from '../../store/artifacts.ts';
import { signedUrl } from '../blobs/signed-url.ts';
import type { ServerContext } from '../context.ts';
import { artifactBlob } from './names.ts';

/** A large download goes on after its URL has expired. */
const URL_SECONDS = 60 * 60;

/** @throws UserError 410 when it has expired */
export function downloadUrl(context: ServerContext, artifact: ArtifactRow, ttlSeconds = URL_SECONDS): string {
  if (artifact.state === 'expired') throw new UserError('artifact-expired', 'Artifact has expired', { status: 410 });
  const isZip = artifact.mime_type.includes('zip');
  // Without a zip's media type clients store the file as it is.
  const fileName = isZip && !artifact.name.endsWith('.zip') ? `${artifact.name}.zip` : artifact.name;
  return signedUrl(context, artifactBlob(artifact), 'r', ttlSeconds, { contentType: artifact.mime_type, fileName });
}

/** Those of a run that can be downloaded. */
export async function readyArtifacts(
  context: Pick<ServerContext, 'db'>,
  runId: number,
  filter: { name?: string; id?: number } = {},
): Promise<ArtifactWithRun[]> {
  const artifacts = await queryArtifacts(context.db, { ...filter, runId });
  return artifacts.filter(({ state }) => state === 'ready');
}
