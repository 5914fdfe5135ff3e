import type { Job } from '../../protocol/dashboard/index.ts';

/** @param attempt an older one; left out for the newest */
export const runPath = (id: number, attempt?: number): string => `/runs/${id}${attemptQuery(attempt)}`;

/** @param hash `#step:2`, or nothing */
export const jobPath = ({ id, runId }: Pick<Job, 'id' | 'runId'>, attempt?: number, hash = ''): string =>
  `/runs/${runId}/jobs/${id}${attemptQuery(attempt)}${hash}`;

const attemptQuery = (attempt: number | undefined): string => (attempt === undefined ? '' : `?attempt=${attempt}`);

/** The attempt that an address names; undefined for the newest, and for what is no number. */
export function readAttempt(search: string): number | undefined {
  const text = new URLSearchParams(search).get('attempt') ?? '';
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
