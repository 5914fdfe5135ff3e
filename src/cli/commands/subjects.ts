/** How people name runs, jobs and runners on the command line. */
import { UserError } from '../../common/errors.ts';
import type { Job } from '../../protocol/dashboard/index.ts';
import { type Argument, type Input, UsageError } from '../command.ts';

export const runArgument: Argument = { name: 'run', what: 'the run (12 or run/12)', required: true };

/** The run that the first argument names. @throws UsageError */
export function runIdOf(input: Input): number {
  const word = input.argument(0) ?? '';
  const [, id] = /^(?:runs?\/)?(\d{1,15})$/.exec(word) ?? [];
  if (id === undefined) throw new UsageError(`"${word}" is not a run (12 or run/12).`);
  return Number(id);
}

/** The jobs that have the key, name or number; combinations of a matrix share their key. @throws UserError */
export function jobsNamed(jobs: Job[], word: string): Job[] {
  const found = jobs.filter(({ key, name, id }) => key === word || name === word || String(id) === word);
  if (found.length > 0) return found;
  throw new UserError('no-job', `The run has no job "${word}".`, {
    hint: `It has: ${jobs.map(({ name }) => name).join(', ')}.`,
  });
}
