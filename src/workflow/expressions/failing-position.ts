import { type Expr, FunctionCall } from '@actions/expressions/ast';
import { ExpressionError } from './error.ts';
import { evaluateTree, parseInScope } from './evaluate.ts';
import { childNodes } from './parse.ts';
import type { Scope } from './scope.ts';

/**
 * Where in an expression the function stands whose call fails, counted from 1; `null` when nothing fails or nobody can
 * tell. Evaluates parts of it again, so it is for people, not for the run of a job.
 */
export function failingPosition(expression: string, scope: Scope): number | null {
  let node = parseInScope(expression, scope);
  const message = failureOf(node, scope);
  if (message === undefined) return null;
  for (let inner = causeIn(node, message, scope); inner; inner = causeIn(node, message, scope)) node = inner;
  return node instanceof FunctionCall ? positionOf(node, expression) : null;
}

/** The part that fails with the same words by itself. */
const causeIn = (node: Expr, message: string, scope: Scope): Expr | undefined =>
  childNodes(node).find((child) => failureOf(child, scope) === message);

function failureOf(node: Expr, scope: Scope): string | undefined {
  try {
    evaluateTree(node, scope);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

function positionOf({ functionName: { lexeme, range } }: FunctionCall, expression: string): number | null {
  const before = expression.split('\n').slice(0, range.start.line);
  const offset = before.reduce((sum, line) => sum + line.length + 1, 0) + range.start.column;
  // The lexer counts wrongly after a line break inside a string.
  return expression.startsWith(lexeme, offset) ? offset + 1 : null;
}
