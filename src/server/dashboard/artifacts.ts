import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound } from '../../common/errors.ts';
import type { Artifact, ArtifactDownload, ArtifactList } from '../../protocol/dashboard/index.ts';
import { type ArtifactRow, queryArtifacts } from '../../store/artifacts.ts';
import { downloadUrl } from '../artifacts/download.ts';
import type { ServerContext } from '../context.ts';
import { runInPath } from './seen.ts';

const PAGE = { config: { access: 'page', place: 'checked-by-handler' } } as const;
const ArtifactParams = z.object({ artifact: z.coerce.number().int().positive() });
/** For a download that begins at once. */
const URL_SECONDS = 60;

/** What the jobs of a run have left behind. */
export function addArtifacts(app: FastifyInstance, context: ServerContext): void {
  app.get('/runs/:id/artifacts', PAGE, async (request): Promise<ArtifactList> => {
    const { id: runId } = await runInPath(context, request);
    return { artifacts: (await queryArtifacts(context.db, { runId })).map(artifactView) };
  });
  app.get('/runs/:id/artifacts/:artifact/download', PAGE, async (request): Promise<ArtifactDownload> => {
    const { id: runId } = await runInPath(context, request);
    const { artifact: id } = ArtifactParams.parse(request.params);
    const [artifact] = await queryArtifacts(context.db, { runId, id });
    if (!artifact) throw notFound(`Artifact ${id} of run ${runId}`);
    return { url: downloadUrl(context, artifact, URL_SECONDS) };
  });
}

const artifactView = (row: ArtifactRow): Artifact => ({
  id: row.id,
  name: row.name,
  attempt: row.attempt,
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  expired: row.state === 'expired',
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});
