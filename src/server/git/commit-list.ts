import { runGit } from './child.ts';
import type { GitPerson } from './history.ts';

export interface ListedCommit {
  sha: string;
  tree: string;
  parents: string[];
  author: GitPerson;
  committer: GitPerson;
  message: string;
}

export interface CommitQuery {
  /** Shas, `^sha` for what is left out. */
  revisions: string[];
  path?: string;
  author?: string;
  since?: string;
  until?: string;
  limit: number;
  offset: number;
}

const FIELDS = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'];

/** Newest first. Paths and names are taken literally. */
export async function listCommits(folder: string, query: CommitQuery): Promise<ListedCommit[]> {
  const { revisions, path, author, since, until, limit, offset } = query;
  const args = ['log', '-z', '--no-show-signature', `--format=${FIELDS.join('%x00')}`];
  args.push(`--max-count=${limit}`, `--skip=${offset}`, '--fixed-strings');
  if (author !== undefined) args.push(`--author=${author}`);
  if (since !== undefined) args.push(`--since=${since}`);
  if (until !== undefined) args.push(`--until=${until}`);
  args.push(...revisions, '--', ...(path === undefined ? [] : [path]));
  const { stdout } = await runGit(args, { folder, env: { GIT_LITERAL_PATHSPECS: '1' } });
  const fields = stdout.toString('utf8').split('\0');
  const commits: ListedCommit[] = [];
  for (let at = 0; at + FIELDS.length <= fields.length; at += FIELDS.length) {
    commits.push(toCommit(fields.slice(at, at + FIELDS.length)));
  }
  return commits;
}

export async function countCommits(folder: string, revisions: string[]): Promise<number> {
  const { stdout } = await runGit(['rev-list', '--count', ...revisions, '--'], { folder });
  return Number(stdout.toString('utf8'));
}

function toCommit(fields: string[]): ListedCommit {
  const [sha = '', tree = '', parents = '', authorName = '', authorEmail = '', authorDate = ''] = fields;
  const [name = '', email = '', date = '', message = ''] = fields.slice(6);
  return {
    sha,
    tree,
    parents: parents.split(' ').filter(Boolean),
    author: { name: authorName, email: authorEmail, date: inUtc(authorDate) },
    committer: { name, email, date: inUtc(date) },
    message: message.trimEnd(),
  };
}

/** As GitHub writes times. */
const inUtc = (date: string): string => new Date(date).toISOString().replace('.000Z', 'Z');
