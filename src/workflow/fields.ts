/** Evaluating the parts of a workflow that the server decides on, with targets' types (SEM-21.2) and errors' places (SEM-5.7). */
import type { SourceError } from '../protocol/dashboard/index.ts';
import type { Json, TemplateToken } from '../protocol/runner/tokens.ts';
import { ExpressionError, evaluateTemplate, type Scope, toNumber, toText } from './expressions/index.ts';
import type { Evaluated, JobConfiguration, JobContexts, Workflow, WorkflowJob } from './model.ts';
import { isAbsent, isObjectToken } from './tokens.ts';

/** Contexts by place (SEM-22.4). */
export const ROOT_CONTEXTS = ['github', 'inputs', 'vars'];
export const STRATEGY_CONTEXTS = ['github', 'needs', 'vars', 'inputs'];
export const JOB_CONTEXTS = ['github', 'needs', 'strategy', 'matrix', 'vars', 'inputs'];

/** A context that the caller did not give is null, not unknown: reading has checked the names. */
export function scopeOf(contexts: JobContexts, names: string[]): Scope {
  return { contexts: Object.fromEntries(names.map((name) => [name, contexts[name] ?? null])) };
}

/** What the keys of one configuration of a job may use, and `more`. */
export function jobScope(contexts: JobContexts, { matrix, strategy }: JobConfiguration, more: string[] = []): Scope {
  return scopeOf({ ...contexts, matrix, strategy: { ...strategy } }, [...JOB_CONTEXTS, ...more]);
}

/** Evaluates fields one by one and gathers what goes wrong. */
export class Fields {
  readonly #errors: SourceError[] = [];
  readonly #workflow: Workflow;
  readonly #job: WorkflowJob | null;
  readonly #scope: Scope;
  readonly #told: (error: ExpressionError) => string;

  /**
   * @param job whose fields they are; `null`: those of the workflow
   * @param told what is said of an error: texts of errors quote values
   */
  constructor(
    workflow: Workflow,
    job: WorkflowJob | null,
    scope: Scope,
    told: (error: ExpressionError) => string = ({ message }) => message,
  ) {
    this.#workflow = workflow;
    this.#job = job;
    this.#scope = scope;
    this.#told = told;
  }

  /** `undefined` for an absent field, and after an error, which is recorded. */
  read<T>(name: string, token: TemplateToken, convert: (value: Json) => T): T | undefined {
    if (isAbsent(token)) return undefined;
    try {
      return convert(evaluateTemplate(token, this.#scope));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.#errors.push(this.#errorOf(name, token, error));
      return undefined;
    }
  }

  /** The value, unless something went wrong with it or with a field of `others`. */
  outcome<T>(value: T, others?: Fields): Evaluated<T> {
    const errors = [...this.#errors, ...(others ? others.#errors : [])];
    return errors.length > 0 ? { ok: false, errors } : { ok: true, value };
  }

  #errorOf(field: string, token: TemplateToken, error: ExpressionError): SourceError {
    const place = error.position ?? (isObjectToken(token) ? token : undefined);
    const owner = this.#job ? ` for job '${this.#job.key}'` : '';
    return {
      file: this.#workflow.path,
      line: place?.line ?? this.#job?.line ?? null,
      column: place?.col ?? this.#job?.column ?? null,
      message: `Error when evaluating '${field}'${owner}. ${this.#told(error)}`,
    };
  }
}

/** @throws ExpressionError for a list or mapping */
export function scalarText(value: Json): string {
  if (value === null || typeof value !== 'object') return toText(value);
  throw new ExpressionError(`A ${Array.isArray(value) ? 'sequence' : 'mapping'} was not expected`);
}

/**
 * A number, or a numeric string (SEM-21.2).
 * @throws ExpressionError for anything else
 */
export function numberOf(value: Json): number {
  const number = typeof value === 'string' && value.trim() !== '' ? toNumber(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new ExpressionError(`Unexpected value '${scalarText(value)}'`);
}

/**
 * A boolean; strings are none when they come out of an expression (SEM-21.2).
 * @throws ExpressionError for anything else
 */
export function booleanOf(value: Json): boolean {
  if (typeof value === 'boolean') return value;
  throw new ExpressionError(`Unexpected value '${scalarText(value)}'`);
}

/**
 * What the schema does with keys, for a mapping that came out of an expression.
 * @throws ExpressionError for a member of another name
 */
export function checkMembers(mapping: { [key: string]: Json }, names: string[]): void {
  const unknown = Object.keys(mapping).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new ExpressionError(`Unexpected value '${unknown}'`);
}

/** A member of a mapping, or `undefined` when there is none of that name. */
export function memberOf<T>(
  mapping: { [key: string]: Json },
  name: string,
  convert: (value: Json) => T,
): T | undefined {
  return Object.hasOwn(mapping, name) ? convert(mapping[name] ?? null) : undefined;
}
