import type { DeploymentRow, DeploymentStatusRow } from '../../store/deployments.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { nodeId, userObject } from './shapes.ts';

export function deploymentObject(publicUrl: string, { owner, name }: RepositoryRow, row: DeploymentRow) {
  const repository_url = `${publicUrl}/api/v3/repos/${owner}/${name}`;
  const url = `${repository_url}/deployments/${row.id}`;
  return {
    url,
    id: row.id,
    node_id: nodeId('Deployment', row.id),
    sha: row.sha,
    ref: row.ref,
    task: row.task,
    payload: JSON.parse(row.payload),
    original_environment: row.original_environment,
    environment: row.environment,
    description: row.description || null,
    creator: userObject(row.creator, publicUrl),
    created_at: row.created_at,
    updated_at: row.updated_at,
    statuses_url: `${url}/statuses`,
    repository_url,
    transient_environment: row.transient === 1,
    production_environment: row.production === 1,
    performed_via_github_app: null,
  };
}

export function deploymentStatusObject(
  publicUrl: string,
  repository: RepositoryRow,
  deployment: DeploymentRow,
  row: DeploymentStatusRow,
) {
  const { url, repository_url, environment } = deploymentObject(publicUrl, repository, deployment);
  const log_url = row.log_url || jobPage(publicUrl, deployment);
  return {
    url: `${url}/statuses/${row.id}`,
    id: row.id,
    node_id: nodeId('DeploymentStatus', row.id),
    state: row.state,
    creator: userObject(row.creator, publicUrl),
    description: row.description,
    environment,
    target_url: log_url,
    created_at: row.created_at,
    updated_at: row.created_at,
    deployment_url: url,
    repository_url,
    environment_url: row.environment_url,
    log_url,
    performed_via_github_app: null,
  };
}

/** Of a deployment that a job makes, the log is the job's. */
const jobPage = (publicUrl: string, { run_id, job_id }: DeploymentRow): string =>
  job_id === null ? '' : `${publicUrl}/runs/${run_id}/jobs/${job_id}`;
