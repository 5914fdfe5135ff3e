/** What debug logging tells of an expression, in the lines of the official runner: as written, with its values, its result. */
import {
  Binary,
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Star,
  Unary,
} from '@actions/expressions/ast';
import { TokenType } from '@actions/expressions/lexer';
import type { Json } from '../../protocol/runner/tokens.ts';
import { evaluateTree, parseInScope } from './evaluate.ts';
import { literalValue } from './parse.ts';
import type { Scope } from './scope.ts';
import { isTruthy, toText } from './values.ts';

/** Of these the official runner shows the arguments, of others the result. */
const SHOWN_WITH_ARGUMENTS = new Set(['contains', 'startswith', 'endswith']);
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/**
 * Secrets are the caller's to mask.
 * @throws ExpressionError when the expression cannot be evaluated
 */
export function traceExpression(expression: string, scope: Scope): string[] {
  const tree = parseInScope(expression, scope);
  const result = shown(evaluateTree(tree, scope));
  const expanded = write(tree, scope);
  return [
    `Evaluating: ${write(tree, undefined)}`,
    ...(expanded === result ? [] : [`Expanded: ${expanded}`]),
    `Result: ${result}`,
  ];
}

/** @param scope gives the values; without it the expression is written as it is, every operation in parentheses */
function write(node: Expr, scope: Scope | undefined): string {
  if (node instanceof Literal) return shown(literalValue(node));
  if (node instanceof Grouping) return write(node.group, scope);
  if (node instanceof Unary) return `!${write(node.expr, scope)}`;
  if (node instanceof Binary) {
    return `(${write(node.left, scope)} ${node.operator.lexeme} ${write(node.right, scope)})`;
  }
  if (node instanceof Logical) return writeLogical(node, scope);
  if (node instanceof FunctionCall) return writeCall(node, scope);
  if (scope) return shown(evaluateTree(node, scope));
  return node instanceof IndexAccess ? writeIndex(node) : writeLeaf(node);
}

/** What is not evaluated any more stands as it was written. */
function writeLogical({ operator, args }: Logical, scope: Scope | undefined): string {
  const stopsAt = operator.type === TokenType.OR;
  let isOpen = true;
  const parts = args.map((arg) => {
    const known = isOpen ? scope : undefined;
    if (known && isTruthy(evaluateTree(arg, known)) === stopsAt) isOpen = false;
    return write(arg, known);
  });
  return `(${parts.join(` ${operator.lexeme} `)})`;
}

function writeCall(node: FunctionCall, scope: Scope | undefined): string {
  const name = node.functionName.lexeme;
  if (scope && !SHOWN_WITH_ARGUMENTS.has(name.toLowerCase())) return shown(evaluateTree(node, scope));
  return `${name}(${node.args.map((arg) => write(arg, scope)).join(', ')})`;
}

function writeIndex({ expr, index }: IndexAccess): string {
  const target = write(expr, undefined);
  if (index instanceof Star) return `${target}.*`;
  const name = index instanceof Literal ? literalValue(index) : undefined;
  if (typeof name === 'string' && PLAIN_NAME.test(name)) return `${target}.${name}`;
  return `${target}[${write(index, undefined)}]`;
}

const writeLeaf = (node: Expr): string => (node instanceof ContextAccess ? node.name.lexeme : '*');

function shown(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return toText(value);
}
