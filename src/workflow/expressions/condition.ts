/** Conditions of jobs and steps (SEM-9.3, 9.4). */
import { ContextAccess, type Expr, FunctionCall, Grouping, IndexAccess, Literal, Star } from '@actions/expressions/ast';
import type { Json } from '../../protocol/runner/tokens.ts';
import { evaluateTree, parseInScope } from './evaluate.ts';
import { childNodes, HASH_FILES, JOB_STATUS_FUNCTIONS, literalValue, nodes, parseExpression } from './parse.ts';
import type { Scope } from './scope.ts';
import { compileText } from './text.ts';

/** Every context of SEM-22.3. */
const CONTEXT_NAMES = 'github env vars inputs secrets needs strategy matrix steps job runner jobs'.split(' ');

const STATUS_NAMES = new Set(JOB_STATUS_FUNCTIONS.map(({ name }) => name));

/**
 * The expression that a written `if` stands for, without `${{ }}`: empty is `success()`; without a call of a status
 * function anywhere in the tree it becomes `success() && (…)`. Text around `${{ }}` makes a `format(…)`, always true.
 * @throws ExpressionError when it cannot be parsed with any context
 */
export function compileCondition(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return 'success()';
  const expression = compileText(trimmed)?.expression ?? trimmed;
  return callsStatusFunction(parseAnywhere(expression)) ? expression : `success() && (${expression})`;
}

function parseAnywhere(expression: string): Expr {
  return parseExpression(expression, CONTEXT_NAMES, [...JOB_STATUS_FUNCTIONS, HASH_FILES], 'any');
}

function callsStatusFunction(tree: Expr): boolean {
  for (const { node } of nodes(tree)) {
    if (node instanceof FunctionCall && STATUS_NAMES.has(node.functionName.lexeme.toLowerCase())) return true;
  }
  return false;
}

/** A context value that an expression looked at: `needs.build.result` and what it was. */
export interface Reference {
  name: string;
  value: Json;
}

/**
 * The context values that an expression mentions by constant path, in order of first mention, for explanations.
 * @throws ExpressionError when the expression cannot be parsed in this scope
 */
export function referencedValues(expression: string, scope: Scope): Reference[] {
  const found = new Map<string, Json>();
  collect(parseInScope(expression, scope), scope, found);
  return [...found].map(([name, value]) => ({ name, value }));
}

function collect(node: Expr, scope: Scope, found: Map<string, Json>): void {
  const name = pathOf(node);
  if (name !== undefined) {
    if (!found.has(name)) found.set(name, evaluateTree(node, scope));
    return;
  }
  for (const child of childNodes(node)) collect(child, scope, found);
}

/** `a.b.c` for a chain of constant members of a context. */
function pathOf(node: Expr): string | undefined {
  if (node instanceof Grouping) return pathOf(node.group);
  if (node instanceof IndexAccess) {
    const parent = pathOf(node.expr);
    const member = memberText(node.index);
    return parent !== undefined && member !== undefined ? `${parent}${member}` : undefined;
  }
  return node instanceof ContextAccess ? node.name.lexeme : undefined;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

function memberText(index: Expr): string | undefined {
  if (index instanceof Star) return '.*';
  if (!(index instanceof Literal)) return undefined;
  const value = literalValue(index);
  if (typeof value === 'string') return PLAIN_NAME.test(value) ? `.${value}` : `['${value}']`;
  return `[${value}]`;
}
