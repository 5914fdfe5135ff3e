import { DURABLE_WRITES, runGit } from './child.ts';
import type { RefUpdate } from './push-journal.ts';

/** Merges without a work tree: the test merge of a pull request, and the one that ends it. Needs git 2.38. */

export interface NewCommit {
  tree: string;
  /** The first is what it is merged into. */
  parents: string[];
  message: string;
  /** User name of the author. The committer is the server. */
  author: string;
  /** ISO 8601: equal commits get equal shas. */
  date: string;
}

const COMMITTER = 'Switchyard';

/** @returns the tree of both, or null when they conflict */
export async function mergeTrees(folder: string, base: string, head: string): Promise<string | null> {
  const args = ['merge-tree', '--write-tree', '--no-messages', base, head];
  const { code, stdout } = await runGit(args, { folder, okCodes: [0, 1], config: DURABLE_WRITES });
  return code === 0 ? stdout.toString('utf8').trim() : null;
}

/** @returns undefined for histories that have nothing in common */
export async function mergeBase(folder: string, one: string, other: string): Promise<string | undefined> {
  const { code, stdout } = await runGit(['merge-base', one, other], { folder, okCodes: [0, 1] });
  return code === 0 ? stdout.toString('utf8').trim() : undefined;
}

/** @returns its sha */
export async function writeCommit(folder: string, commit: NewCommit): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const { stdout } = await runGit(['commit-tree', commit.tree, ...parents], {
    folder,
    input: commit.message,
    config: DURABLE_WRITES,
    env: {
      ...personEnvironment('AUTHOR', commit.author, commit.date),
      ...personEnvironment('COMMITTER', COMMITTER, commit.date),
    },
  });
  return stdout.toString('utf8').trim();
}

/** @throws OutsideError when the ref is not where `before` says */
export async function moveRef(folder: string, { ref, before, after }: RefUpdate): Promise<void> {
  const env = personEnvironment('COMMITTER', COMMITTER);
  await runGit(['update-ref', ref, after, before], { folder, config: DURABLE_WRITES, env });
}

/** Sets the server's own refs, whatever they are; null deletes one. */
export async function setRefs(folder: string, refs: Record<string, string | null>): Promise<void> {
  const lines = Object.entries(refs).map(([ref, sha]) => (sha === null ? `delete ${ref}\n` : `update ${ref} ${sha}\n`));
  const env = personEnvironment('COMMITTER', COMMITTER);
  await runGit(['update-ref', '--stdin'], { folder, input: lines.join(''), config: DURABLE_WRITES, env });
}

function personEnvironment(role: 'AUTHOR' | 'COMMITTER', name: string, date?: string): Record<string, string> {
  const person = { [`GIT_${role}_NAME`]: name, [`GIT_${role}_EMAIL`]: emailOf(name) };
  return date === undefined ? person : { ...person, [`GIT_${role}_DATE`]: date };
}

/** An address that nobody has. */
export const emailOf = (user: string): string => `${user}@users.noreply.localhost`;

/** Whose address it is; undefined for one from elsewhere. */
export const userOfEmail = (email: string): string | undefined =>
  /^([^@\s]+)@users\.noreply\.localhost$/.exec(email)?.[1];
