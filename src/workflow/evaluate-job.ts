/** What the server evaluates of a job when its needs are complete (SEM-5.6, 9). Everything else is left to the runner. */
import { errorText } from '../common/errors.ts';
import type { Json, TemplateToken } from '../protocol/runner/tokens.ts';
import { concurrencyOf } from './concurrency.ts';
import {
  ExpressionError,
  evaluateExpression,
  evaluateTemplate,
  isObject,
  isTruthy,
  type Reference,
  referencedValues,
  type Scope,
  toText,
} from './expressions/index.ts';
import {
  booleanOf,
  checkMembers,
  Fields,
  jobScope,
  memberOf,
  numberOf,
  ROOT_CONTEXTS,
  STRATEGY_CONTEXTS,
  scalarText,
  scopeOf,
} from './fields.ts';
import { jobOf } from './graph.ts';
import type {
  Evaluated,
  JobConfiguration,
  JobContexts,
  JobEnvironment,
  JobState,
  ResolvedJob,
  Workflow,
  WorkflowJob,
} from './model.ts';
import { runsOn } from './runs-on.ts';
import { isAbsent, isExpression, isMappingToken, literalText } from './tokens.ts';

/** SEM-5.3: the evaluated `run-name`; the fallback when that is blank, absent, or cannot be evaluated. */
export function runTitle(workflow: Workflow, contexts: JobContexts, fallback: string): string {
  if (isAbsent(workflow.runName)) return fallback;
  try {
    const title = toText(evaluateTemplate(workflow.runName, scopeOf(contexts, ROOT_CONTEXTS)));
    return title.trim() || fallback;
  } catch (error) {
    if (error instanceof ExpressionError) return fallback;
    throw error;
  }
}

export interface JobCondition {
  /** The job is to run; otherwise it is skipped (SEM-9.6). */
  run: boolean;
  /** The compiled condition. */
  condition: string;
  /** What the context references in it were. */
  values: Reference[];
  /** The condition could not be evaluated: the job fails (SEM-5.7). */
  error?: string;
}

/** SEM-9.2 to 9.5. `success()` is also false once the run is cancelled, so that only who asks for it still runs (SEM-9.10). */
export function evaluateJobCondition(workflow: Workflow, key: string, state: JobState): JobCondition {
  const { condition } = jobOf(workflow, key);
  const scope = { ...scopeOf(state.contexts, STRATEGY_CONTEXTS), status: statusFunctions(state) };
  try {
    const values = referencedValues(condition, scope);
    return { run: isTruthy(evaluateExpression(condition, scope)), condition, values };
  } catch (error) {
    const text = `Error when evaluating 'if' for job '${key}'. ${errorText(error)}`;
    if (error instanceof ExpressionError) return { run: false, condition, values: [], error: text };
    throw error;
  }
}

function statusFunctions({ ancestorResults, cancelled }: JobState): NonNullable<Scope['status']> {
  const results = Object.entries(ancestorResults);
  const of = (jobs: string[]): (string | undefined)[] => {
    if (jobs.length === 0) return results.map(([, result]) => result);
    const byKey = new Map(results.map(([key, result]) => [key.toLowerCase(), result]));
    return jobs.map((job) => byKey.get(job.toLowerCase()));
  };
  return {
    takesJobs: true,
    success: (...jobs) => !cancelled && of(jobs).every((result) => result === 'success'),
    failure: (...jobs) => of(jobs).includes('failure'),
    cancelled: () => cancelled,
  };
}

const DEFAULT_TIMEOUT_MINUTES = 360;
const DEFAULT_CANCEL_TIMEOUT_MINUTES = 5;

/** Name, labels, limits, group and environment of one configuration of a job. A call has no labels: it runs nowhere itself. */
export function resolveJob(
  workflow: Workflow,
  key: string,
  contexts: JobContexts,
  configuration: JobConfiguration,
): Evaluated<ResolvedJob> {
  const job = jobOf(workflow, key);
  const fields = new Fields(workflow, job, jobScope(contexts, configuration));
  const named = (name: Json): string => jobName(job, name, configuration.nameSuffix);
  const target = job.call ? undefined : fields.read('runs-on', job.runsOn, runsOn);
  return fields.outcome({
    name: fields.read('name', job.name, named) ?? named(null),
    ...(target ?? { labels: [], group: null }),
    timeoutMinutes: fields.read('timeout-minutes', job.timeoutMinutes, minutes) ?? DEFAULT_TIMEOUT_MINUTES,
    cancelTimeoutMinutes:
      fields.read('cancel-timeout-minutes', job.cancelTimeoutMinutes, minutes) ?? DEFAULT_CANCEL_TIMEOUT_MINUTES,
    continueOnError: fields.read('continue-on-error', job.continueOnError, booleanOf) ?? false,
    environment: fields.read('environment', withoutUrl(job.environment), environment) ?? null,
    concurrency: fields.read('concurrency', job.concurrency, concurrencyOf) ?? null,
  });
}

const MAX_NAME_LENGTH = 100;

/** SEM-9.11 */
function jobName(job: WorkflowJob, evaluated: Json, suffix: string): string {
  const text = scalarText(evaluated);
  const name = isExpression(job.name) && text !== '' ? text : `${text || job.key}${suffix}`;
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH - 3)}...` : name;
}

function minutes(value: Json): number {
  const number = numberOf(value);
  if (number > 0) return number;
  throw new ExpressionError(`Unexpected value '${number}': minutes must be more than 0`);
}

/** `environment` as far as the server evaluates it: the url is the runner's (SEM-5.8). */
export function withoutUrl(token: TemplateToken): TemplateToken {
  if (!isMappingToken(token)) return token;
  return { ...token, map: token.map.filter(({ Key }) => literalText(Key) !== 'url') };
}

/** SEM-12.1 */
function environment(value: Json): JobEnvironment | null {
  const given = isObject(value) ? value : { name: value };
  // A url that comes out of an expression is not the runner's to evaluate, and is left out.
  checkMembers(given, ['name', 'deployment', 'url']);
  if (!Object.hasOwn(given, 'name')) throw new ExpressionError('Required property is missing: name');
  const name = scalarText(given.name ?? null);
  const deployment = memberOf(given, 'deployment', booleanOf) ?? true;
  return name === '' ? null : { name, deployment };
}
