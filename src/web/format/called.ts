import type { RunSummary } from '../../protocol/dashboard/index.ts';

/** `owner/name/path@ref` of a called workflow, without what it has in common with the run; commits are short. */
export function calledName(calls: string, { repository, sha }: Pick<RunSummary, 'repository' | 'sha'>): string {
  const [, path = calls, ref = ''] = /^(.*)@([^@]*)$/.exec(calls) ?? [];
  const isOwn = path.toLowerCase().startsWith(`${repository.toLowerCase()}/`);
  const file = isOwn ? path.slice(repository.length + 1) : path;
  if (isOwn && ref === sha) return file;
  return `${file}@${/^[0-9a-f]{40}$/.test(ref) ? ref.slice(0, 7) : ref}`;
}
