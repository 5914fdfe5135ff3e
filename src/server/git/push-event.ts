import type { Json } from '../../protocol/runner/tokens.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { repositoryObject, userObject } from '../github-rest/shapes.ts';
import { type GitCommit, isAncestor, notIn, readCommits, ZERO_SHA } from './history.ts';
import { emailOf } from './merges.ts';
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

/**
 * The payload of GitHub's `push` webhook.
 * @param sha the commit, which for an annotated tag is not `after`; null when the ref was deleted
 */
export async function pushPayload(
  push: PushContext,
  { before, after, ref }: RefUpdate,
  sha: string | null,
): Promise<Record<string, Json>> {
  const { folder, repository, publicUrl, actor } = push;
  const isNew = before === ZERO_SHA;
  const url = `${publicUrl}/${repository.owner}/${repository.name}`;
  const [commits, isForward] = await Promise.all([
    sha !== null && ref.startsWith('refs/heads/') ? newCommits(push, isNew ? null : before, sha) : [],
    isNew || sha === null || isAncestor(folder, before, sha),
  ]);
  const head = commits[0] ?? (sha === null ? undefined : (await readCommits(folder, ['-n', '1', sha]))[0]);
  return {
    ref,
    before,
    after,
    created: isNew,
    deleted: sha === null,
    forced: !isForward,
    base_ref: null,
    compare: isNew ? `${url}/commit/${sha}` : `${url}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: commits.reverse().map((commit) => commitObject(commit, url)),
    head_commit: head ? commitObject(head, url) : null,
    repository: { ...repositoryObject(repository, publicUrl) },
    pusher: { name: actor, email: emailOf(actor) },
    sender: { ...userObject(actor, publicUrl) },
  };
}

/** The payload of GitHub's `create` webhook. */
export function createPayload({ repository, publicUrl, actor }: PushContext, ref: string): Record<string, Json> {
  const { default_branch: branch } = repository;
  return { ...deletePayload({ repository, publicUrl, actor }, ref), master_branch: branch, description: null };
}

/** The payload of GitHub's `delete` webhook. */
export function deletePayload(
  { repository, publicUrl, actor }: Pick<PushContext, 'repository' | 'publicUrl' | 'actor'>,
  ref: string,
): Record<string, Json> {
  return {
    ref: shortName(ref),
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    pusher_type: 'user',
    repository: { ...repositoryObject(repository, publicUrl) },
    sender: { ...userObject(actor, publicUrl) },
  };
}

/** Of a branch or tag. */
export const shortName = (ref: string): string => ref.replace(/^refs\/(?:heads|tags)\//, '');

/** Newest first. Of a new branch: those that no other ref held before this push. */
function newCommits(push: PushContext, before: string | null, sha: string): Promise<GitCommit[]> {
  const limit = ['-n', String(MAX_COMMITS)];
  if (before) return readCommits(push.folder, [...limit, sha, `^${before}`]);
  return readCommits(push.folder, [...limit, sha, ...notIn(push.createdRefs)]);
}

function commitObject(commit: GitCommit, url: string): Json {
  const person = ({ name, email }: GitCommit['author']): Json => ({ name, email });
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
