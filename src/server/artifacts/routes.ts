import type { FastifyPluginAsync } from 'fastify';
import { UserError } from '../../common/errors.ts';
import {
  ARTIFACT_SERVICE_PATH,
  CreateArtifactRequest,
  FinalizeArtifactRequest,
  ListArtifactsRequest,
  type ListedArtifact,
  NamedArtifactRequest,
} from '../../protocol/artifacts/index.ts';
import type { ArtifactWithRun } from '../../store/artifacts.ts';
import type { JobClaims } from '../auth/jwt.ts';
import type { ServerContext } from '../context.ts';
import { runningJob } from '../running-job.ts';
import { twirpMethods } from '../twirp.ts';
import { downloadUrl, readyArtifacts } from './download.ts';
import { type ArtifactLimits, artifactLimits } from './limits.ts';
import { createArtifact, finalizeArtifact, removeArtifact } from './upload.ts';

const BODY_BYTES = 64 * 1024;

/** Artifacts v4, for jobs of the run that the token is for (runner-protocol 9.2). Register it without a prefix. */
export function artifactRoutes(context: ServerContext, limits: ArtifactLimits = artifactLimits()): FastifyPluginAsync {
  return async (app) => {
    const method = twirpMethods(app, context, BODY_BYTES);
    method(`${ARTIFACT_SERVICE_PATH}/CreateArtifact`, CreateArtifactRequest, (job, body) => {
      checkRun(job, body);
      return createArtifact(context, limits, job, body);
    });
    method(`${ARTIFACT_SERVICE_PATH}/FinalizeArtifact`, FinalizeArtifactRequest, (job, body) => {
      checkRun(job, body);
      return finalizeArtifact(context, limits, job, body);
    });
    method(`${ARTIFACT_SERVICE_PATH}/ListArtifacts`, ListArtifactsRequest, async (job, body) => {
      checkRun(job, body);
      const { name_filter: name, id_filter: id } = body;
      const artifacts = await readyArtifacts(context, job.runId, { name, id });
      return { artifacts: artifacts.map(listed) };
    });
    method(`${ARTIFACT_SERVICE_PATH}/GetSignedArtifactURL`, NamedArtifactRequest, async (job, body) => ({
      signed_url: downloadUrl(context, await artifactOf(context, job, body)),
    }));
    method(`${ARTIFACT_SERVICE_PATH}/DeleteArtifact`, NamedArtifactRequest, async (job, body) => {
      await runningJob(context, job);
      const artifact = await artifactOf(context, job, body);
      await removeArtifact(context, artifact);
      return { ok: true, artifact_id: String(artifact.id) };
    });
  };
}

/** @throws UserError 404 when the ids are those of another run */
function checkRun({ planId }: JobClaims, { workflow_run_backend_id: id }: NamedRun): void {
  if (id.toLowerCase() === planId.toLowerCase()) return;
  throw new UserError('not-found', 'The token is not for this run.', { status: 404 });
}

type NamedRun = Pick<NamedArtifactRequest, 'workflow_run_backend_id'>;

/** The one that the job of these ids made; else the newest of the name, of whichever attempt. */
async function artifactOf(
  context: ServerContext,
  job: JobClaims,
  request: NamedArtifactRequest,
): Promise<ArtifactWithRun> {
  checkRun(job, request);
  const artifacts = await readyArtifacts(context, job.runId, { name: request.name });
  const maker = request.workflow_job_run_backend_id.toLowerCase();
  const artifact = artifacts.find(({ job_guid }) => job_guid === maker) ?? artifacts[0];
  if (artifact) return artifact;
  throw new UserError('not-found', `The run has no artifact "${request.name}".`, { status: 404 });
}

function listed(artifact: ArtifactWithRun): ListedArtifact {
  return {
    workflow_run_backend_id: artifact.plan_id,
    workflow_job_run_backend_id: artifact.job_guid,
    database_id: String(artifact.id),
    name: artifact.name,
    size: String(artifact.size_bytes),
    created_at: artifact.created_at,
    ...(artifact.sha256 && { digest: `sha256:${artifact.sha256}` }),
  };
}
