import type { RunDetail } from '../../protocol/dashboard/index.ts';

/** A run as the page shows it: its newest attempt, which lives, or an older one, which only can be looked at. */
export interface ShownRun {
  run: RunDetail;
  /** Number of the older attempt; undefined for the newest. */
  attempt: number | undefined;
}

/** @param asked attempt in the address; the newest may be named there too */
export function shownRun(run: RunDetail, asked: number | undefined): ShownRun {
  return { run, attempt: asked === undefined || asked >= newestAttempt(run) ? undefined : asked };
}

export const newestAttempt = (run: RunDetail): number =>
  Math.max(run.attempt, ...run.attempts.map(({ attempt }) => attempt));

/** SEM-29.1 */
export const canRerun = ({ run, attempt }: ShownRun): boolean => run.status === 'completed' && attempt === undefined;

export const canCancel = ({ run, attempt }: ShownRun): boolean => run.status !== 'completed' && attempt === undefined;
