import type { DeploymentRow, DeploymentStatusRow } from '../../store/deployments.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { type Caller, callerName, causingJob } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { deploymentObject, deploymentStatusObject } from './deployment-objects.ts';
import { repositoryObject, userObject } from './shapes.ts';

/**
 * The events `deployment` and `deployment_status` of what REST was told (SEM-2.4). What jobs deploy makes none: it is
 * caused with their token (SEM-2.5). Nor does the state `inactive`, as on GitHub.
 */
export async function tellOfDeployment(
  context: ServerContext,
  caller: Caller,
  repository: RepositoryRow,
  deployment: DeploymentRow,
  status?: DeploymentStatusRow,
): Promise<void> {
  if (status?.state === 'inactive') return;
  const { publicUrl } = context.settings;
  const actor = callerName(caller);
  const told = status && { deployment_status: deploymentStatusObject(publicUrl, repository, deployment, status) };
  await context.engine.acceptEvent({
    key: status ? `deployment-status:${status.id}` : `deployment:${deployment.id}`,
    repository,
    name: status ? 'deployment_status' : 'deployment',
    activity: 'created',
    ref: await fullRef(context, repository, deployment.ref),
    sha: deployment.sha,
    actor,
    causingJob: causingJob(caller),
    payload: {
      action: 'created',
      ...told,
      deployment: deploymentObject(publicUrl, repository, deployment),
      repository: { ...repositoryObject(repository, publicUrl) },
      sender: { ...userObject(actor, publicUrl) },
    },
  });
}

/** Empty for a bare commit. */
async function fullRef(context: ServerContext, repository: RepositoryRow, ref: string): Promise<string> {
  const candidates = ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  for (const candidate of candidates) if (await context.git.resolve(repository, candidate)) return candidate;
  return '';
}
