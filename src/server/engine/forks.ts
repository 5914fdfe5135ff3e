import type { Json } from '../../protocol/runner/tokens.ts';
import type { RunBundle } from './run-bundle.ts';

/**
 * Events whose runs belong to a pull request's head. `pull_request_target` runs the base's own file, which decides itself
 * what it does with the head.
 */
const HEAD_EVENTS = ['pull_request', 'pull_request_review', 'pull_request_review_comment'];

/**
 * Whether the code of a run comes from another repository, whose people may not write here (SEM-2.12): then the job's
 * token reads only, and there are no secrets. A head without a repository was in a fork that is gone.
 */
export function isFromFork({ run, repository }: Pick<RunBundle, 'run' | 'repository'>): boolean {
  return HEAD_EVENTS.includes(run.event) && isForkEvent(run.event, JSON.parse(run.payload), repository);
}

/** The same, before there is a run. */
export function isForkEvent(
  event: string,
  { pull_request: pull }: Record<string, Json | undefined>,
  repository: Pick<RunBundle['repository'], 'owner' | 'name'>,
): boolean {
  if (!HEAD_EVENTS.includes(event)) return false;
  const head = memberOf(memberOf(pull, 'head'), 'repo');
  if (head === undefined) return false;
  const base = memberOf(memberOf(memberOf(pull, 'base'), 'repo'), 'full_name');
  return keyOf(memberOf(head, 'full_name')) !== keyOf(base ?? `${repository.owner}/${repository.name}`);
}

/** Names ignore case. */
const keyOf = (name: Json | undefined): string | undefined =>
  typeof name === 'string' ? name.toLowerCase() : undefined;

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}
