import type { Conclusion, Status } from '../../protocol/dashboard/index.ts';

/** What the page shows for status and conclusion together: one of a handful of looks. */
export type State = 'waiting' | 'running' | 'success' | 'failure' | 'cancelled' | 'skipped';

export interface HasStatus {
  status: Status;
  conclusion: Conclusion | null;
}

const concluded: Record<Conclusion, State> = {
  success: 'success',
  failure: 'failure',
  timed_out: 'failure',
  startup_failure: 'failure',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

export function stateOf({ status, conclusion }: HasStatus): State {
  if (status === 'in_progress') return 'running';
  if (status !== 'completed') return 'waiting';
  return conclusion === null ? 'cancelled' : concluded[conclusion];
}

/** What "failed jobs" of a re-run means (SEM-29.1). */
export const isUnsuccessful = (of: HasStatus): boolean =>
  of.status === 'completed' && ['failure', 'cancelled'].includes(stateOf(of));

const words: Record<Status | Conclusion, string> = {
  queued: 'Queued',
  pending: 'Pending',
  waiting: 'Waiting',
  in_progress: 'In progress',
  completed: 'Completed',
  success: 'Success',
  failure: 'Failure',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
  timed_out: 'Timed out',
  startup_failure: 'Startup failure',
};

/** The conclusion when there is one, else the status, in words. */
export function stateWord({ status, conclusion }: HasStatus): string {
  return words[conclusion ?? status];
}

export const statusWord = (value: Status | Conclusion): string => words[value];

/** In front of a page title, so that a tab shows the state. */
export const stateMark: Record<State, string> = {
  waiting: '○',
  running: '●',
  success: '✓',
  failure: '✗',
  cancelled: '⊘',
  skipped: '–',
};
