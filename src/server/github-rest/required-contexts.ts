import { UserError } from '../../common/errors.ts';
import { newestOfContexts, statusesOfCommit } from '../../store/commit-statuses.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { checkRunsAt } from './check-runs.ts';

/** Of check runs. */
const GREEN = ['success', 'neutral', 'skipped'];

/**
 * What a deployment waits for before it is made: without `required_contexts` every commit status that there is; those
 * that are named may also be check runs.
 * @throws UserError 409 in GitHub's words
 */
export async function assertGreen(
  context: ServerContext,
  repository: RepositoryRow,
  sha: string,
  { ref, required_contexts: required }: { ref: string; required_contexts?: string[] | null },
): Promise<void> {
  if (required?.length === 0) return;
  const states = new Map<string, string>();
  if (required) for (const { name, state } of await checkStates(context, repository, sha)) states.set(name, state);
  for (const status of newestOfContexts(await statusesOfCommit(context.db, repository.id, sha))) {
    states.set(status.context.toLowerCase(), status.state);
  }
  for (const name of required ?? states.keys()) {
    const state = states.get(name.toLowerCase());
    if (state !== 'success') throw notGreen(ref, name, state);
  }
}

/** Of several check runs with one name the newest counts. */
async function checkStates(context: ServerContext, repository: RepositoryRow, sha: string) {
  const checkRuns = await checkRunsAt(context, repository, sha);
  return checkRuns
    .sort((a, b) => a.id - b.id)
    .map(({ name, status, conclusion }) => {
      const state = GREEN.includes(conclusion ?? '') ? 'success' : (conclusion ?? status);
      return { name: name.toLowerCase(), state };
    });
}

function notGreen(ref: string, name: string, state: string | undefined): UserError {
  const found = state === undefined ? 'has no status' : `is ${state}`;
  return new UserError('missing-status', `Conflict: Commit status checks failed for ${ref}: ${name} ${found}.`, {
    status: 409,
    hint: 'Wait for it, or send an empty list of required_contexts.',
  });
}
