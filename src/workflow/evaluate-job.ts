/** What the server evaluates of a job when its needs are complete (SEM-5.6, 9). Everything else is left to the runner. */
import { errorText } from '../common/errors.ts';
import type { SourceError } from '../protocol/dashboard/index.ts';
import type { Json, TemplateToken } from '../protocol/runner/tokens.ts';
import {
  ExpressionError,
  evaluateExpression,
  evaluateTemplate,
  isObject,
  isTruthy,
  type Reference,
  referencedValues,
  type Scope,
  toNumber,
  toText,
} from './expressions/index.ts';
import { jobOf } from './graph.ts';
import type {
  Evaluated,
  JobConfiguration,
  JobContexts,
  JobState,
  ResolvedJob,
  Workflow,
  WorkflowJob,
} from './model.ts';
import { isAbsent, isExpression, isMappingToken, isObjectToken, member } from './tokens.ts';

/** SEM-5.3: the evaluated `run-name`; the fallback when that is blank, absent, or cannot be evaluated. */
export function runTitle(workflow: Workflow, contexts: JobContexts, fallback: string): string {
  if (isAbsent(workflow.runName)) return fallback;
  try {
    const title = toText(evaluateTemplate(workflow.runName, scopeOf(contexts, ['github', 'inputs', 'vars'])));
    return title.trim() || fallback;
  } catch (error) {
    if (error instanceof ExpressionError) return fallback;
    throw error;
  }
}

/** Contexts of a job's own keys, and of `strategy` and `if` (SEM-22.4). */
const JOB_CONTEXTS = ['github', 'needs', 'strategy', 'matrix', 'vars', 'inputs'];
export const STRATEGY_CONTEXTS = ['github', 'needs', 'vars', 'inputs'];

/** A context that the caller did not give is null, not unknown: reading has checked the names. */
export function scopeOf(contexts: JobContexts, names: string[]): Scope {
  return { contexts: Object.fromEntries(names.map((name) => [name, contexts[name] ?? null])) };
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

/** Name, labels and limits of one configuration of a job. */
export function resolveJob(
  workflow: Workflow,
  key: string,
  contexts: JobContexts,
  configuration: JobConfiguration,
): Evaluated<ResolvedJob> {
  const job = jobOf(workflow, key);
  const { matrix, strategy } = configuration;
  const fields = new Fields(workflow, job, scopeOf({ ...contexts, matrix, strategy: { ...strategy } }, JOB_CONTEXTS));
  const value: ResolvedJob = {
    name: fields.read('name', job.name, (name) => jobName(job, name, configuration.nameSuffix)) ?? key,
    ...(fields.read('runs-on', job.runsOn, runsOn) ?? { labels: [], group: null }),
    timeoutMinutes: fields.read('timeout-minutes', job.timeoutMinutes, minutes) ?? DEFAULT_TIMEOUT_MINUTES,
    cancelTimeoutMinutes:
      fields.read('cancel-timeout-minutes', job.cancelTimeoutMinutes, minutes) ?? DEFAULT_CANCEL_TIMEOUT_MINUTES,
    continueOnError: fields.read('continue-on-error', job.continueOnError, booleanOf) ?? false,
    environment: fields.read('environment', environmentName(job.environment), environment) ?? null,
  };
  return fields.errors.length > 0 ? { ok: false, errors: fields.errors } : { ok: true, value };
}

/** Evaluates fields one by one and gathers what goes wrong. */
class Fields {
  readonly errors: SourceError[] = [];
  readonly #workflow: Workflow;
  readonly #job: WorkflowJob;
  readonly #scope: Scope;

  constructor(workflow: Workflow, job: WorkflowJob, scope: Scope) {
    this.#workflow = workflow;
    this.#job = job;
    this.#scope = scope;
  }

  /** `undefined` after an error, which is recorded. `convert` gets null for an absent field. */
  read<T>(name: string, token: TemplateToken, convert: (value: Json) => T): T | undefined {
    try {
      return convert(evaluateTemplate(token, this.#scope));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.errors.push(fieldError(this.#workflow, this.#job, name, token, error));
      return undefined;
    }
  }
}

/** An evaluation error of one field of a job, with its place in the file. */
export function fieldError(
  workflow: Workflow,
  job: WorkflowJob,
  field: string,
  token: TemplateToken,
  error: ExpressionError,
): SourceError {
  const place = error.position ?? (isObjectToken(token) ? token : undefined);
  return {
    file: workflow.path,
    line: place?.line ?? job.line,
    column: place?.col ?? job.column,
    message: `Error when evaluating '${field}' for job '${job.key}'. ${error.message}`,
  };
}

const MAX_NAME_LENGTH = 100;

/** SEM-9.11 */
function jobName(job: WorkflowJob, evaluated: Json, suffix: string): string {
  const text = scalarText(evaluated);
  const name = isExpression(job.name) && text !== '' ? text : `${text || job.key}${suffix}`;
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH - 3)}...` : name;
}

function scalarText(value: Json): string {
  if (value === null || typeof value !== 'object') return toText(value);
  throw new ExpressionError(`A ${Array.isArray(value) ? 'sequence' : 'mapping'} was not expected`);
}

/** SEM-13.1 */
function runsOn(value: Json): { labels: string[]; group: string | null } {
  const group = isObject(value) ? groupName(scalarText(value.group ?? null)) : null;
  const given = isObject(value) ? (value.labels ?? null) : value;
  const labels = (Array.isArray(given) ? given : [given]).map(scalarText).filter((label) => label !== '');
  if (labels.length === 0 && group === null) throw new ExpressionError('It names neither a label nor a group');
  return { labels: [...new Set(labels)], group };
}

const GROUP_PREFIXES = ['org', 'organization', 'ent', 'enterprise'];

/** SEM-13.2 */
function groupName(group: string): string | null {
  if (group === '') return null;
  const parts = group.split('/');
  const isValid =
    parts.length === 1 || (parts.length === 2 && parts[1] !== '' && GROUP_PREFIXES.includes(parts[0] ?? ''));
  if (isValid) return group;
  const advice = "Please use 'organization/' or 'enterprise/' prefix to target a single runner group.";
  throw new ExpressionError(`Invalid runs-on group name '${group}'. ${advice}`);
}

/** A number, or a numeric string (SEM-21.2). */
export function numberOf(value: Json): number | undefined {
  if (value === null) return undefined;
  const number = typeof value === 'string' && value.trim() !== '' ? toNumber(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new ExpressionError(`Unexpected value '${scalarText(value)}'`);
}

function minutes(value: Json): number | undefined {
  const number = numberOf(value);
  if (number === undefined || number > 0) return number;
  throw new ExpressionError(`Unexpected value '${number}': minutes must be more than 0`);
}

/** A boolean; strings are none when they come out of an expression (SEM-21.2). */
export function booleanOf(value: Json): boolean | undefined {
  if (value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw new ExpressionError(`Unexpected value '${scalarText(value)}'`);
}

/** The part of `environment` that the server evaluates; the url is the runner's (SEM-5.8). */
const environmentName = (token: TemplateToken): TemplateToken =>
  isMappingToken(token) ? member(token, 'name') : token;

function environment(value: Json): { name: string } | null {
  const name = isObject(value) ? scalarText(value.name ?? null) : scalarText(value);
  return name === '' ? null : { name };
}
