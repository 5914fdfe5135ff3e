import { BoundedMap } from '../../common/bounded-map.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { RunRow } from '../../store/runs.ts';
import type { RunWithWorkflow } from '../../store/runs-read.ts';
import { nodeId, repositoryObject, userObject } from './shapes.ts';

/** What a run shows of the event that started it. */
interface Told {
  pulls: ReturnType<typeof shortPull>[];
  commit: ReturnType<typeof shortCommit> | null;
}

/** By the GUIDs of runs, since payloads never change: to read one takes longer than all else about a run. */
const told = new BoundedMap<string, Told>(1_000);

function toldBy({ plan_id, event, payload }: RunRow): Told {
  const known = told.get(plan_id);
  if (known) return known;
  const { pull_request, head_commit } = JSON.parse(payload);
  const pull: Pull | undefined = (event.startsWith('pull_request') && pull_request) || undefined;
  const found = {
    pulls: pull ? [shortPull(pull)] : [],
    commit: head_commit ? shortCommit(head_commit) : null,
  };
  told.set(plan_id, found);
  return found;
}

/** The one that the run is about, in short. */
export const pullRequests = (run: RunRow): Told['pulls'] => toldBy(run).pulls;

/** As far as the event told it; only pushes do. */
export const headCommit = (run: RunRow): Told['commit'] => toldBy(run).commit;

/** GitHub's `workflow_run`, as REST and webhooks have it. */
export function runObject(publicUrl: string, repository: RepositoryRow, run: RunWithWorkflow) {
  const api = `${publicUrl}/api/v3/repos/${repository.owner}/${repository.name}/actions`;
  const url = `${api}/runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId('WorkflowRun', run.id),
    name: run.workflow_name,
    head_branch: run.head_branch,
    head_sha: run.head_sha,
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

interface Pull {
  id: number;
  number: number;
  url: string;
  head: PullSide;
  base: PullSide;
}

interface PullSide {
  ref: string;
  sha: string;
  repo?: { id: number; url: string; name: string };
}

const shortPull = ({ id, number, url, head, base }: Pull) => ({
  id,
  number,
  url,
  head: shortSide(head),
  base: shortSide(base),
});

const shortSide = ({ ref, sha, repo }: PullSide) => ({
  ref,
  sha,
  repo: repo ? { id: repo.id, url: repo.url, name: repo.name } : null,
});

const shortCommit = ({ id, tree_id, message, timestamp, author, committer }: Record<string, unknown>) => ({
  id,
  tree_id,
  message,
  timestamp,
  author,
  committer,
});
