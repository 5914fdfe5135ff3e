import { nameId } from '../../common/ids.ts';
import type { PullRow } from '../../store/pulls.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ComparisonSize } from '../git/comparison.ts';
import { nodeId, repositoryObject, userObject } from '../github-rest/shapes.ts';

/** A pull request before it has a row too. */
export type PullFacts = Omit<PullRow, 'id'>;

/** GitHub's ids are unique over all repositories; numbers are not. */
const IDS_PER_REPOSITORY = 1_000_000;

/** GitHub's `pull_request`, as lists show it. */
export function pullObject(publicUrl: string, repository: RepositoryRow, pull: PullFacts) {
  const { owner, name } = repository;
  const api = `${publicUrl}/api/v3/repos/${owner}/${name}`;
  const page = `${publicUrl}/${owner}/${name}/pull/${pull.number}`;
  const url = `${api}/pulls/${pull.number}`;
  const issue = `${api}/issues/${pull.number}`;
  const id = repository.id * IDS_PER_REPOSITORY + pull.number;
  const urls = {
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: `${api}/statuses/${pull.head_sha}`,
  };
  const side = (ref: string, sha: string) => ({
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: userObject(owner, publicUrl),
    repo: repositoryObject(repository, publicUrl),
  });
  return {
    url,
    id,
    node_id: nodeId('PullRequest', id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    ...urls,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userObject(pull.author, publicUrl),
    body: pull.body || null,
    created_at: pull.created_at,
    updated_at: pull.updated_at,
    closed_at: pull.closed_at,
    merged_at: pull.merged_at,
    merge_commit_sha: pull.merge_sha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: labelsOf(pull).map((label) => labelObject(publicUrl, repository, label)),
    milestone: null,
    draft: pull.draft === 1,
    head: side(pull.head_ref, pull.head_sha),
    base: side(pull.base_ref, pull.base_sha),
    author_association: 'MEMBER',
    auto_merge: null,
    active_lock_reason: null,
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: issue },
      comments: { href: urls.comments_url },
      review_comments: { href: urls.review_comments_url },
      review_comment: { href: urls.review_comment_url },
      commits: { href: urls.commits_url },
      statuses: { href: urls.statuses_url },
    },
  };
}

/** With what only the view of one shows, and its events. */
export function wholePullObject(publicUrl: string, repository: RepositoryRow, pull: PullFacts, size: ComparisonSize) {
  const isOpen = pull.state === 'open';
  const isMergeable = isOpen ? pull.merge_sha !== null : null;
  return {
    ...pullObject(publicUrl, repository, pull),
    merged: pull.merged_at !== null,
    mergeable: isMergeable,
    rebaseable: false,
    mergeable_state: isMergeable === null ? 'unknown' : isMergeable ? (pull.draft ? 'draft' : 'clean') : 'dirty',
    merged_by: pull.merged_by === null ? null : userObject(pull.merged_by, publicUrl),
    comments: 0,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: size.commits,
    additions: size.additions,
    deletions: size.deletions,
    changed_files: size.changedFiles,
  };
}

export const labelsOf = (pull: Pick<PullFacts, 'labels'>): string[] => JSON.parse(pull.labels) as string[];

export function labelObject(publicUrl: string, { owner, name }: RepositoryRow, label: string) {
  const url = `${publicUrl}/api/v3/repos/${owner}/${name}/labels/${encodeURIComponent(label)}`;
  const id = nameId(`${owner}/${name}:${label}`);
  return { id, node_id: nodeId('Label', id), url, name: label, color: 'ededed', default: false, description: null };
}
