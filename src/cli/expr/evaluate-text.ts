/** One expression with the contexts that a person gives. */
import type { Json } from '../../protocol/runner/tokens.ts';
import { failingPosition } from '../../workflow/expressions/failing-position.ts';
import {
  compileText,
  ExpressionError,
  evaluateExpression,
  parseInScope,
  type Scope,
} from '../../workflow/expressions/index.ts';

export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export type Outcome =
  /** `NaN` and the infinities, which JSON has not, are texts. */
  | { kind: Kind; value: Json }
  /** The position counts from 1 in `expression`, which is what the text stands for. */
  | { error: { stage: 'parse' | 'evaluate'; message: string; position: number | null; expression: string } };

/** SEM-22.3 */
const CONTEXTS = 'github env vars inputs secrets needs strategy matrix steps job runner jobs'.split(' ');

/** @param given values of contexts by name; every other context that exists is null */
export function evaluateText(text: string, given: Record<string, Json>): Outcome {
  const scope = scopeWith(given);
  let expression = text;
  try {
    expression = compileText(text.trim())?.expression ?? text;
    parseInScope(expression, scope);
  } catch (error) {
    return failure('parse', error, expression, null);
  }
  try {
    const value = evaluateExpression(expression, scope);
    return { kind: kindOf(value), value: Number.isFinite(value) || typeof value !== 'number' ? value : String(value) };
  } catch (error) {
    return failure('evaluate', error, expression, failingPosition(expression, scope));
  }
}

function scopeWith(given: Record<string, Json>): Scope {
  const names = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]);
  const contexts = { ...Object.fromEntries(CONTEXTS.map((name) => [name, null])), ...Object.fromEntries(names) };
  const { job } = contexts;
  const status = typeof job === 'object' && job !== null ? job.status : 'success';
  return {
    contexts,
    status: {
      takesJobs: true,
      success: () => status === 'success',
      failure: () => status === 'failure',
      cancelled: () => status === 'cancelled',
    },
    hashFiles: () => {
      throw new ExpressionError('hashFiles needs the files of a job, so it has no value here');
    },
  };
}

function kindOf(value: Json): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as Kind;
}

function failure(stage: 'parse' | 'evaluate', error: unknown, expression: string, position: number | null): Outcome {
  if (!(error instanceof ExpressionError)) throw error;
  // Parse errors carry theirs in GitHub's words (SEM-20.17).
  const [, said] = /Located at position (\d+) within expression/.exec(error.message) ?? [];
  return {
    error: { stage, message: error.message, position: said === undefined ? position : Number(said), expression },
  };
}
