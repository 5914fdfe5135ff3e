import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type ArtifactQuery, type ArtifactWithRun, countArtifacts, queryArtifacts } from '../../store/artifacts.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { downloadUrl } from '../artifacts/download.ts';
import { removeArtifact } from '../artifacts/upload.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { idOf, linkPages, pageOf, READ, repositoryOf, WRITE } from './requests.ts';
import { runOf } from './runs.ts';
import { nodeId } from './shapes.ts';

const ListQuery = z.object({ name: z.string().max(256).optional() });
/** GitHub's own: the URL is for one download that begins now. */
const URL_SECONDS = 60;

/** https://docs.github.com/rest/actions/artifacts */
export function artifactRestRoutes(app: FastifyInstance, context: ServerContext): void {
  const actions = '/repos/:owner/:repo/actions';
  app.get(`${actions}/artifacts`, READ, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    return list(context, request, reply, repository, {});
  });
  app.get(`${actions}/runs/:id/artifacts`, READ, async (request, reply) => {
    const { repository, run } = await runOf(context, request);
    return list(context, request, reply, repository, { runId: run.id });
  });
  app.get(`${actions}/artifacts/:id`, READ, async (request) => {
    const { repository, artifact } = await artifactOf(context, request);
    return artifactObject(context.settings.publicUrl, repository, artifact);
  });
  app.get(`${actions}/artifacts/:id/zip`, READ, async (request, reply) => {
    const { artifact } = await artifactOf(context, request);
    return reply.redirect(downloadUrl(context, artifact, URL_SECONDS), 302);
  });
  app.delete(`${actions}/artifacts/:id`, WRITE, async (request, reply) => {
    const { artifact } = await artifactOf(context, request);
    await removeArtifact(context, artifact);
    return reply.code(204).send();
  });
}

async function list(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  repository: RepositoryRow,
  where: Pick<ArtifactQuery, 'runId'>,
) {
  const query = { ...where, ...ListQuery.parse(request.query), repositoryId: repository.id };
  const page = pageOf(request);
  const [artifacts, total] = await Promise.all([
    queryArtifacts(context.db, query, page),
    countArtifacts(context.db, query),
  ]);
  linkPages(context, request, reply, page, total);
  const shown = artifacts.map((artifact) => artifactObject(context.settings.publicUrl, repository, artifact));
  return { total_count: total, artifacts: shown };
}

/** @throws UserError 404 */
async function artifactOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; artifact: ArtifactWithRun }> {
  const repository = await repositoryOf(context, request);
  const [artifact] = await queryArtifacts(context.db, { repositoryId: repository.id, id: idOf(request) });
  if (!artifact) throw notFoundOnGitHub();
  return { repository, artifact };
}

function artifactObject(publicUrl: string, repository: RepositoryRow, artifact: ArtifactWithRun) {
  const url = `${publicUrl}/api/v3/repos/${repository.owner}/${repository.name}/actions/artifacts/${artifact.id}`;
  return {
    id: artifact.id,
    node_id: nodeId('Artifact', artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.size_bytes,
    url,
    archive_download_url: `${url}/zip`,
    expired: artifact.state === 'expired',
    digest: artifact.sha256 && `sha256:${artifact.sha256}`,
    created_at: artifact.created_at,
    updated_at: artifact.updated_at,
    expires_at: artifact.expires_at,
    workflow_run: {
      id: artifact.run_id,
      repository_id: repository.id,
      head_repository_id: repository.id,
      head_branch: artifact.ref.replace(/^refs\/(?:heads|tags)\//, ''),
      head_sha: artifact.sha,
    },
  };
}
