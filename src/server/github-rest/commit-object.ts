import type { RepositoryRow } from '../../store/repositories.ts';
import type { ListedCommit } from '../git/commit-list.ts';
import type { ChangedFile } from '../git/comparison.ts';
import { userOfEmail } from '../git/merges.ts';
import { userObject } from './shapes.ts';

/** GitHub's opaque id of what has no number. */
export const gitNodeId = (kind: string, { id }: RepositoryRow, name: string): string =>
  Buffer.from(`${kind}:${id}:${name}`).toString('base64url');

export const repositoryUrl = (publicUrl: string, { owner, name }: RepositoryRow): string =>
  `${publicUrl}/api/v3/repos/${owner}/${name}`;

export const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

/** GitHub's `commit`, as lists show it. */
export function commitObject(publicUrl: string, repository: RepositoryRow, commit: ListedCommit) {
  const api = repositoryUrl(publicUrl, repository);
  const page = `${publicUrl}/${repository.owner}/${repository.name}`;
  const url = `${api}/commits/${commit.sha}`;
  const user = (email: string) => {
    const name = userOfEmail(email);
    return name === undefined ? null : userObject(name, publicUrl);
  };
  return {
    url,
    sha: commit.sha,
    node_id: gitNodeId('Commit', repository, commit.sha),
    html_url: `${page}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${api}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      comment_count: 0,
      verification: UNSIGNED,
    },
    author: user(commit.author.email),
    committer: user(commit.committer.email),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${page}/commit/${sha}` })),
  };
}

/** GitHub's `diff-entry`. */
export function changedFileObject(publicUrl: string, repository: RepositoryRow, ref: string, file: ChangedFile) {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const page = `${publicUrl}/${repository.owner}/${repository.name}`;
  return {
    sha: file.sha,
    filename: file.path,
    ...(file.previousPath === undefined ? {} : { previous_filename: file.previousPath }),
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${ref}/${path}`,
    raw_url: `${page}/raw/${ref}/${path}`,
    contents_url: `${repositoryUrl(publicUrl, repository)}/contents/${path}?ref=${ref}`,
  };
}

/** GitHub's `git-commit`, as the git chapter shows it. */
export function gitCommitObject(publicUrl: string, repository: RepositoryRow, commit: ListedCommit) {
  const { sha, node_id, html_url, parents, commit: inner } = commitObject(publicUrl, repository, commit);
  const { url, author, committer, message, tree, verification } = inner;
  return { sha, node_id, url, html_url, author, committer, message, tree, parents, verification };
}
