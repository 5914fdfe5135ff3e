import type { RepositoryRow } from '../../store/repositories.ts';
import type { RunRow } from '../../store/runs.ts';
import type { RunWithWorkflow } from '../../store/runs-read.ts';
import { nodeId, repositoryObject, userObject } from './shapes.ts';

/** Branch or tag and commit that people know the run by: of pull requests those of the head, not of the test merge. */
export function headOf({ ref, sha, event, payload }: RunRow): { branch: string; sha: string } {
  const { head } = (event.startsWith('pull_request') && JSON.parse(payload).pull_request) || {};
  if (head) return { branch: String(head.ref), sha: String(head.sha) };
  return { branch: ref.replace(/^refs\/(?:heads|tags)\//, ''), sha };
}

/** GitHub's `workflow_run`, as REST and webhooks have it. */
export function runObject(publicUrl: string, repository: RepositoryRow, run: RunWithWorkflow) {
  const api = `${publicUrl}/api/v3/repos/${repository.owner}/${repository.name}/actions`;
  const url = `${api}/runs/${run.id}`;
  const head = headOf(run);
  return {
    id: run.id,
    node_id: nodeId('WorkflowRun', run.id),
    name: run.workflow_name,
    head_branch: head.branch,
    head_sha: head.sha,
    path: run.workflow_path,
    display_title: run.title,
    run_number: run.run_number,
    run_attempt: run.attempt,
    event: run.event,
    status: run.status === 'completed' ? run.status : run.shown_status,
    conclusion: run.conclusion,
    workflow_id: run.workflow_id,
    check_suite_id: run.id,
    check_suite_node_id: nodeId('CheckSuite', run.id),
    url,
    html_url: `${publicUrl}/runs/${run.id}`,
    pull_requests: pullRequests(run),
    referenced_workflows: [],
    created_at: run.first_created_at,
    updated_at: run.completed_at ?? run.started_at ?? run.created_at,
    run_started_at: run.started_at ?? run.created_at,
    actor: userObject(run.actor, publicUrl),
    triggering_actor: userObject(run.triggering_actor, publicUrl),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${url}/check-suite`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${api}/workflows/${run.workflow_id}`,
    head_commit: headCommit(run),
    repository: repositoryObject(repository, publicUrl),
    head_repository: repositoryObject(repository, publicUrl),
  };
}

/** The one that the run is about, in short. */
export function pullRequests({ event, payload }: RunWithWorkflow) {
  const pull = event.startsWith('pull_request') && JSON.parse(payload).pull_request;
  if (!pull) return [];
  const side = ({
    ref,
    sha,
    repo,
  }: {
    ref: string;
    sha: string;
    repo?: { id: number; url: string; name: string };
  }) => ({
    ref,
    sha,
    repo: repo ? { id: repo.id, url: repo.url, name: repo.name } : null,
  });
  return [{ id: pull.id, number: pull.number, url: pull.url, head: side(pull.head), base: side(pull.base) }];
}

/** As far as the event told it; only pushes do. */
export function headCommit(run: RunWithWorkflow) {
  const { head_commit: commit } = JSON.parse(run.payload);
  if (!commit) return null;
  const { id, tree_id, message, timestamp, author, committer } = commit;
  return { id, tree_id, message, timestamp, author, committer };
}
