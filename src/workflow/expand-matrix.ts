/** A job's `strategy`, evaluated when its needs are complete (SEM-10.1, 10.11, 10.14). */
import type { Json } from '../protocol/runner/tokens.ts';
import { ExpressionError, isObject } from './expressions/index.ts';
import { booleanOf, Fields, memberOf, numberOf, STRATEGY_CONTEXTS, scopeOf } from './fields.ts';
import { jobOf } from './graph.ts';
import { combinationsOf } from './matrix.ts';
import type { Evaluated, JobConfiguration, JobContexts, Workflow } from './model.ts';

/** The configurations that one job turns into, in order; without a matrix it is one. */
export function expandMatrix(workflow: Workflow, key: string, contexts: JobContexts): Evaluated<JobConfiguration[]> {
  const job = jobOf(workflow, key);
  const fields = new Fields(workflow, job, scopeOf(contexts, STRATEGY_CONTEXTS));
  return fields.outcome(fields.read('strategy', job.strategy, configurationsOf) ?? [withoutMatrix(true)]);
}

function configurationsOf(strategy: Json): JobConfiguration[] {
  if (!isObject(strategy)) throw new ExpressionError('The strategy must be a mapping');
  const failFast = memberOf(strategy, 'fail-fast', booleanOf) ?? true;
  const limit = memberOf(strategy, 'max-parallel', numberOf) ?? 0;
  if (!Object.hasOwn(strategy, 'matrix')) return [withoutMatrix(failFast)];
  const combinations = combinationsOf(strategy.matrix ?? null);
  const total = combinations.length;
  return combinations.map(({ values, nameSuffix }, index) => ({
    matrix: values,
    strategy: {
      'fail-fast': failFast,
      'job-index': index,
      'job-total': total,
      'max-parallel': limit >= 1 ? Math.floor(limit) : total,
    },
    nameSuffix,
  }));
}

function withoutMatrix(failFast: boolean): JobConfiguration {
  const strategy = { 'fail-fast': failFast, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 };
  return { matrix: null, strategy, nameSuffix: '' };
}
