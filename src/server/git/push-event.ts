import type { Json } from '../../protocol/runner/tokens.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { repositoryObject, userObject } from '../github-rest/shapes.ts';
import { type GitCommit, isAncestor, readCommits, ZERO_SHA } from './history.ts';
import type { RefUpdate } from './push-journal.ts';

/** GitHub sends more since 2023, but lists this many in what people read. */
const MAX_COMMITS = 20;

export interface PushContext {
  folder: string;
  repository: RepositoryRow;
  publicUrl: string;
  actor: string;
  /** Refs that the same push made: their commits are as new as this ref's. */
  createdRefs: string[];
}

/** The payload of GitHub's `push` webhook. @param sha the commit, which for an annotated tag is not `after` */
export async function pushPayload(
  push: PushContext,
  { before, after, ref }: RefUpdate,
  sha: string,
): Promise<Record<string, Json>> {
  const { folder, repository, publicUrl, actor } = push;
  const isNew = before === ZERO_SHA;
  const [commits, isForward] = await Promise.all([
    ref.startsWith('refs/heads/') ? newCommits(push, isNew ? null : before, sha) : [],
    isNew || isAncestor(folder, before, sha),
  ]);
  const head = commits[0] ?? (await readCommits(folder, ['-n', '1', sha]))[0];
  const url = `${publicUrl}/${repository.owner}/${repository.name}`;
  return {
    ref,
    before,
    after,
    created: isNew,
    deleted: false,
    forced: !isForward,
    base_ref: null,
    compare: isNew ? `${url}/commit/${sha}` : `${url}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: commits.reverse().map((commit) => commitObject(commit, url)),
    head_commit: head ? commitObject(head, url) : null,
    repository: { ...repositoryObject(repository, publicUrl) },
    pusher: { name: actor, email: `${actor}@users.noreply.localhost` },
    sender: { ...userObject(actor, publicUrl) },
  };
}

/** Newest first. Of a new branch: those that no other ref held before this push. */
function newCommits(push: PushContext, before: string | null, sha: string): Promise<GitCommit[]> {
  const limit = ['-n', String(MAX_COMMITS)];
  if (before) return readCommits(push.folder, [...limit, sha, `^${before}`]);
  const excluded = push.createdRefs.map((ref) => `--exclude=${ref}`);
  return readCommits(push.folder, [...limit, sha, '--not', ...excluded, '--glob=refs/']);
}

function commitObject(commit: GitCommit, url: string): Json {
  const person = ({ name, email }: GitCommit['author']): Json => ({ name, email, username: null });
  return {
    id: commit.id,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${url}/commit/${commit.id}`,
    author: person(commit.author),
    committer: person(commit.committer),
    added: commit.added,
    removed: commit.removed,
    modified: commit.modified,
  };
}
