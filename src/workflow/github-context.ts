/** The `github` context (SEM-22.1, 22.2). Ids and counters are strings, so that they are exported as variables. */
import { userId } from '../common/ids.ts';
import type { Json } from '../protocol/runner/tokens.ts';
import { isObject } from './expressions/index.ts';

export interface GithubFacts {
  event: string;
  payload: Record<string, Json>;
  /** Full. */
  ref: string;
  sha: string;
  actor: string;
  triggeringActor: string;
  repository: { id: string; owner: string; name: string };
  workflow: { name: string; path: string };
  runId: string;
  runNumber: string;
  attempt: string;
  serverUrl: string;
  /** Of REST, with its path: `https://…/api/v3`. */
  apiUrl: string;
  graphqlUrl: string;
  /** Of artifacts, at most. Default: GitHub's own. */
  retentionDays?: number;
}

export function githubContext(facts: GithubFacts): Record<string, Json> {
  const { event, payload, ref, sha, repository, workflow, serverUrl } = facts;
  const fullName = `${repository.owner}/${repository.name}`;
  // Other events have neither.
  const pull = event.startsWith('pull_request') ? payload.pull_request : null;
  return {
    actor: facts.actor,
    actor_id: String(userId(facts.actor)),
    api_url: facts.apiUrl,
    base_ref: branchOf(pull, 'base'),
    event: payload,
    event_name: event,
    graphql_url: facts.graphqlUrl,
    head_ref: branchOf(pull, 'head'),
    ref,
    ref_name: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_protected: false,
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    repository: fullName,
    repository_id: repository.id,
    repository_owner: repository.owner,
    repository_owner_id: String(userId(repository.owner)),
    repositoryUrl: `${serverUrl.replace(/^http/, 'git')}/${fullName}.git`,
    repository_visibility: 'private',
    retention_days: String(facts.retentionDays ?? 90),
    run_attempt: facts.attempt,
    run_id: facts.runId,
    run_number: facts.runNumber,
    secret_source: 'Actions',
    server_url: serverUrl,
    sha,
    triggering_actor: facts.triggeringActor,
    workflow: workflow.name,
    workflow_ref: `${fullName}/${workflow.path}@${ref}`,
    workflow_sha: sha,
  };
}

function branchOf(pull: Json | undefined, side: 'head' | 'base'): string {
  const part = isObject(pull) ? pull[side] : null;
  return isObject(part) && typeof part.ref === 'string' ? part.ref : '';
}
