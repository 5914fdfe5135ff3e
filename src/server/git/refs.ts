import { runGit } from './child.ts';
import type { ObjectType } from './objects.ts';

export interface GitRef {
  /** Full name. */
  ref: string;
  sha: string;
  type: ObjectType;
  /** Of an annotated tag: the commit behind it. */
  commit: string;
}

/**
 * Refs below a prefix such as `refs/heads/`, by name.
 * @param prefix of full names; may end within a part of a name
 */
export async function listRefs(folder: string, prefix: string): Promise<GitRef[]> {
  const format = '%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)';
  const whole = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const { stdout } = await runGit(['for-each-ref', `--format=${format}`, whole], { folder });
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  const refs = lines.map((line) => {
    const [ref = '', sha = '', type = '', peeled = ''] = line.split('\0');
    return { ref, sha, type: type as ObjectType, commit: peeled || sha };
  });
  return refs.filter(({ ref }) => ref.startsWith(prefix));
}

/** Branches that have the commit, by name, each with its own newest one. */
export async function branchesWith(
  folder: string,
  sha: string,
  limit: number,
): Promise<{ name: string; sha: string }[]> {
  const format = '%(objectname) %(refname:lstrip=2)';
  const args = ['for-each-ref', `--format=${format}`, `--count=${limit}`, `--contains=${sha}`, 'refs/heads/'];
  const { stdout } = await runGit(args, { folder });
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  return lines.map((line) => ({ sha: line.slice(0, 40), name: line.slice(41) }));
}

export async function isRefName(name: string): Promise<boolean> {
  const { code } = await runGit(['check-ref-format', name], { okCodes: [0, 1] });
  return code === 0;
}
