import type { Explanation } from '../../protocol/dashboard/index.ts';
import type { RunAttemptRow } from '../../store/run-attempts.ts';
import type { RunRow } from '../../store/runs.ts';
import type { RunBundle } from './run-bundle.ts';

type History = Explanation['history'];

/** How each attempt of a run began, and how those before the newest ended (SEM-29). */
export function attemptHistory({ run, jobs }: RunBundle, earlier: RunAttemptRow[]): History {
  const ended = earlier.flatMap((attempt) => [
    { at: attempt.created_at, text: `${beginning(run, attempt)}.` },
    { at: attempt.completed_at, text: `Attempt ${attempt.attempt} ended with ${attempt.conclusion}.` },
  ]);
  return [...ended, { at: run.created_at, text: `${beginning(run, run)}${extent(run, jobs)}.` }];
}

function beginning(run: RunRow, { attempt, triggering_actor }: Pick<RunRow, 'attempt' | 'triggering_actor'>): string {
  if (attempt === 1) return `Started by ${run.event} of ${run.ref} (${run.actor})`;
  return `Attempt ${attempt} was begun by ${triggering_actor}`;
}

function extent({ attempt, debug }: RunRow, jobs: RunBundle['jobs']): string {
  if (attempt === 1) return '';
  // A call has no steps: what counts is its jobs.
  const all = jobs.filter(({ called_file }) => called_file === null);
  const again = all.filter((job) => job.attempt === attempt).length;
  const kept = all.length - again;
  const counts = `${again} ${again === 1 ? 'job runs' : 'jobs run'} again, ${kept} ${kept === 1 ? 'is' : 'are'} kept`;
  return `${debug === 1 ? ', with debug logging' : ''}: ${kept === 0 ? 'every job runs again' : counts}`;
}
