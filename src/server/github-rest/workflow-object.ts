import { basename } from 'node:path';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { WorkflowRow } from '../../store/runs.ts';
import { nodeId } from './shapes.ts';

/** GitHub's `workflow`, as REST and webhooks have it. */
export function workflowObject(publicUrl: string, repository: RepositoryRow, row: WorkflowRow) {
  const page = `${publicUrl}/${repository.owner}/${repository.name}`;
  return {
    id: row.id,
    node_id: nodeId('Workflow', row.id),
    name: row.name,
    path: row.path,
    state: row.state,
    created_at: row.created_at,
    updated_at: row.created_at,
    url: `${publicUrl}/api/v3/repos/${repository.owner}/${repository.name}/actions/workflows/${row.id}`,
    html_url: `${page}/blob/${repository.default_branch}/${row.path}`,
    badge_url: `${page}/actions/workflows/${basename(row.path)}/badge.svg`,
  };
}
