/** The keys `concurrency` of workflows and jobs, evaluated (SEM-8). */
import type { Json } from '../protocol/runner/tokens.ts';
import { ExpressionError, isObject } from './expressions/index.ts';
import { booleanOf, checkMembers, Fields, memberOf, ROOT_CONTEXTS, scalarText, scopeOf } from './fields.ts';
import type { Concurrency, Evaluated, JobContexts, Workflow } from './model.ts';

const MAX_GROUP_LENGTH = 400;

/** SEM-8.5: decided when the run is created, from `github`, `inputs` and `vars`. `null`: the workflow names no group. */
export function workflowConcurrency(workflow: Workflow, contexts: JobContexts): Evaluated<Concurrency | null> {
  const fields = new Fields(workflow, null, scopeOf(contexts, ROOT_CONTEXTS));
  return fields.outcome(fields.read('concurrency', workflow.concurrency, concurrencyOf) ?? null);
}

/**
 * SEM-8.1, 8.3
 * @throws ExpressionError
 */
export function concurrencyOf(value: Json): Concurrency {
  const given = isObject(value) ? value : { group: value };
  checkMembers(given, ['group', 'cancel-in-progress', 'queue']);
  const group = scalarText(given.group ?? null);
  const cancelInProgress = memberOf(given, 'cancel-in-progress', booleanOf) ?? false;
  const queue = memberOf(given, 'queue', queueOf) ?? 'single';
  const problem = groupProblem(group) ?? queueProblem(queue, cancelInProgress);
  if (problem) throw new ExpressionError(problem);
  return { group, cancelInProgress, queue };
}

function queueOf(value: Json): Concurrency['queue'] {
  const queue = scalarText(value);
  if (queue === 'single' || queue === 'max') return queue;
  throw new ExpressionError(`Unexpected value '${queue}'`);
}

/** SEM-8.1 */
export function groupProblem(group: string): string | undefined {
  if (group === '') return 'Concurrency group name cannot be empty';
  return group.length > MAX_GROUP_LENGTH
    ? `Concurrency group name must be less than ${MAX_GROUP_LENGTH} characters`
    : undefined;
}

/** SEM-8.3 */
export function queueProblem(queue: unknown, cancelInProgress: unknown): string | undefined {
  return queue === 'max' && cancelInProgress === true
    ? "'queue: max' cannot be combined with 'cancel-in-progress: true'."
    : undefined;
}
