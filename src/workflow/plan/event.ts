/** An event from its webhook payload: what filters test, and the ref and commit that its run would have (SEM-2.4). */
import type { Json } from '../../protocol/runner/tokens.ts';
import { isObject } from '../expressions/index.ts';
import type { EventFacts } from '../model.ts';

export interface EventRequest {
  name: string;
  payload: Record<string, Json>;
  /** Full or short ref, in place of the payload's. For pull requests of the run, not of the base. */
  ref?: string;
  sha?: string;
  activity?: string;
  /** In place of those that the payload of a push names. */
  changedFiles?: string[];
}

export interface PlannedEvent {
  facts: EventFacts;
  /** Of the run. */
  ref: string;
  sha: string;
}

const UNKNOWN_SHA = '0'.repeat(40);

export function eventFromPayload({ name, payload, ...given }: EventRequest): PlannedEvent {
  const at = (...path: string[]): string | undefined => textAt(payload, path);
  const branch = `refs/heads/${at('repository', 'default_branch') ?? 'main'}`;
  const ref = given.ref === undefined ? (refOf(name, payload) ?? branch) : fullRef(given.ref);
  const base = at('pull_request', 'base', 'ref');
  const facts: EventFacts = {
    name,
    ref: filterRef(name, payload, base) ?? ref,
    activity: given.activity ?? at('action') ?? (name === 'repository_dispatch' ? at('event_type') : undefined),
    changedFiles: given.changedFiles ?? pushedFiles(payload),
    deleted: name === 'push' && payload.deleted === true,
    commitMessage: at('head_commit', 'message'),
    workflowName: at('workflow_run', 'name') ?? at('workflow', 'name'),
    cron: at('schedule'),
  };
  return { facts, ref, sha: given.sha ?? shaOf(name, payload) ?? UNKNOWN_SHA };
}

/** A short name is that of a branch. */
const fullRef = (ref: string): string => (ref.startsWith('refs/') ? ref : `refs/heads/${ref}`);

function refOf(name: string, payload: Record<string, Json>): string | undefined {
  const at = (...path: string[]): string | undefined => textAt(payload, path);
  const ref = at('ref');
  switch (name) {
    case 'push':
    case 'workflow_dispatch':
      return ref && fullRef(ref);
    case 'create':
      return ref && (at('ref_type') === 'tag' ? `refs/tags/${ref}` : fullRef(ref));
    case 'release':
      return at('release', 'tag_name') && `refs/tags/${at('release', 'tag_name')}`;
    case 'merge_group':
      return at('merge_group', 'head_ref');
    case 'pull_request':
    case 'pull_request_review':
    case 'pull_request_review_comment':
      return `refs/pull/${pullNumber(payload)}/merge`;
    default:
      return undefined;
  }
}

function pullNumber(payload: Record<string, Json>): number {
  const pull = isObject(payload.pull_request) ? payload.pull_request.number : undefined;
  const number = pull ?? payload.number;
  return typeof number === 'number' ? number : 1;
}

/** SEM-3.1: branch filters see the base of a pull request, and the head branch of the run that a `workflow_run` is about. */
function filterRef(name: string, payload: Record<string, Json>, base: string | undefined): string | undefined {
  if (name.startsWith('pull_request')) return base && fullRef(base);
  const head = textAt(payload, ['workflow_run', 'head_branch']);
  if (name === 'workflow_run') return head && fullRef(head);
  return name === 'merge_group' ? textAt(payload, ['merge_group', 'base_ref']) : undefined;
}

function shaOf(name: string, payload: Record<string, Json>): string | undefined {
  const at = (...path: string[]): string | undefined => textAt(payload, path);
  if (name === 'push') return at('head_commit', 'id') ?? at('after');
  if (name === 'pull_request_target') return at('pull_request', 'base', 'sha');
  if (name.startsWith('pull_request'))
    return at('pull_request', 'merge_commit_sha') ?? at('pull_request', 'head', 'sha');
  return name === 'merge_group' ? at('merge_group', 'head_sha') : undefined;
}

/** GitHub lists at most so many commits in the payload of a push; with more the changed files are not known from it. */
const LISTED_COMMITS = 20;

/** `null`: not known, so that path filters count as matched (SEM-3.12). */
function pushedFiles({ commits }: Record<string, Json>): string[] | null {
  if (!Array.isArray(commits) || commits.length === 0 || commits.length >= LISTED_COMMITS) return null;
  const lists = commits.flatMap((commit) => {
    return ['added', 'modified', 'removed'].map((kind) => (isObject(commit) ? commit[kind] : undefined));
  });
  if (!lists.every((list) => Array.isArray(list))) return null;
  return [...new Set(lists.flat().filter((file) => typeof file === 'string'))];
}

/** The text at a path of the payload, unless it is missing or empty. */
function textAt(payload: Json, path: string[]): string | undefined {
  let value: Json | undefined = payload;
  for (const name of path) value = isObject(value) ? value[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** SEM-6.3: the pull request comes from another repository, so its jobs may only read. */
export function isFromFork(payload: Record<string, Json>): boolean {
  const of = (side: string): string | undefined => textAt(payload, ['pull_request', side, 'repo', 'full_name']);
  const [head, base] = [of('head'), of('base') ?? textAt(payload, ['repository', 'full_name'])];
  return head !== undefined && base !== undefined && head.toLowerCase() !== base.toLowerCase();
}
