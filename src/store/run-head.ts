import type { RunRow } from './runs.ts';

/** Branch or tag and commit that people know a run by: of pull requests those of the head, not of the test merge. */
export function headOf({ event, ref, sha, payload }: Pick<RunRow, 'event' | 'ref' | 'sha' | 'payload'>): {
  head_branch: string;
  head_sha: string;
} {
  const { head } = (event.startsWith('pull_request') && JSON.parse(payload).pull_request) || {};
  if (head) return { head_branch: String(head.ref), head_sha: String(head.sha) };
  return { head_branch: ref.replace(/^refs\/(?:heads|tags)\//, ''), head_sha: sha };
}
