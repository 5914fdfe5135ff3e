/** The context values that an expression looks at, and whether they become part of its value. */
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
import type { TemplateToken } from '../protocol/runner/tokens.ts';
import { ExpressionError, parseInScope, type Scope } from './expressions/index.ts';
import { literalValue } from './expressions/parse.ts';
import { walkTokens } from './token-walk.ts';
import { isExpression } from './tokens.ts';

export interface Reference {
  /** Name of the context, in lower case. */
  context: string;
  /** Constant names and numbers after it, as written; `*` for a star, `null` for a computed one. */
  members: (string | null)[];
  /** Its text can become part of the expression's value: not where it is only compared or tested. */
  flows: boolean;
  /** Within `toJSON(…)`: then an object's inner texts flow too. */
  asJson: boolean;
  /** Only tested for truth, or with something else in its place behind `||`: that it is null may be meant. */
  mayBeNull: boolean;
}

const CONTEXT_NAMES = 'github env vars inputs secrets needs strategy matrix steps job runner jobs'.split(' ');

/** Everything that any place offers: whether it may be used there has been checked by reading. */
const ANYWHERE: Scope = {
  contexts: Object.fromEntries(CONTEXT_NAMES.map((name) => [name, null])),
  status: { takesJobs: true, success: () => true, failure: () => false, cancelled: () => false },
  hashFiles: () => '',
};

/** Empty for an expression that cannot be parsed: reading reports that. */
export function referencesOf(expression: string): Reference[] {
  const found: Reference[] = [];
  try {
    collect(parseInScope(expression, ANYWHERE), { flows: true, asJson: false, mayBeNull: false }, found);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
  }
  return found;
}

/** Of every expression in a tree. */
export function referencesIn(token: TemplateToken): Reference[] {
  return [...walkTokens(token)].flatMap(({ token: part }) => (isExpression(part) ? referencesOf(part.expr) : []));
}

type Use = Pick<Reference, 'flows' | 'asJson' | 'mayBeNull'>;

function collect(node: Expr, use: Use, found: Reference[]): void {
  if (node instanceof Grouping) collect(node.group, use, found);
  else if (node instanceof IndexAccess || node instanceof ContextAccess) collectPath(node, use, found);
  else if (node instanceof FunctionCall) collectCall(node, use, found);
  else if (node instanceof Logical) collectLogical(node, use, found);
  else if (node instanceof Binary) for (const side of [node.left, node.right]) collect(side, tested(use), found);
  else if (node instanceof Unary) collect(node.expr, { ...tested(use), mayBeNull: true }, found);
}

const tested = (use: Use): Use => ({ ...use, flows: false });

function collectPath(node: Expr, use: Use, found: Reference[]): void {
  const members: Reference['members'] = [];
  let base = node;
  for (; base instanceof IndexAccess || base instanceof Grouping; ) {
    if (base instanceof Grouping) base = base.group;
    else {
      members.unshift(memberOf(base.index));
      if (!(base.index instanceof Star)) collect(base.index, tested(use), found);
      base = base.expr;
    }
  }
  if (base instanceof ContextAccess) found.push({ context: base.name.lexeme.toLowerCase(), members, ...use });
  else collect(base, use, found);
}

function memberOf(index: Expr): string | null {
  if (index instanceof Star) return '*';
  return index instanceof Literal ? String(literalValue(index) ?? '') : null;
}

/** Functions whose value is true or false, or a digest. */
const TESTS = ['contains', 'startswith', 'endswith', 'hashfiles', 'success', 'failure', 'always', 'cancelled'];

function collectCall({ functionName, args }: FunctionCall, use: Use, found: Reference[]): void {
  const name = functionName.lexeme.toLowerCase();
  for (const [index, arg] of args.entries()) {
    const isPredicate = name === 'case' && index % 2 === 0 && index < args.length - 1;
    if (TESTS.includes(name) || isPredicate) collect(arg, tested(use), found);
    else collect(arg, name === 'tojson' ? { ...use, asJson: true } : use, found);
  }
}

/** `a && b` is b, or a falsy a, which has no text. */
function collectLogical({ operator, args }: Logical, use: Use, found: Reference[]): void {
  const isAnd = operator.type === TokenType.AND;
  for (const [index, arg] of args.entries()) {
    const isLast = index === args.length - 1;
    const own = isLast ? use : { ...use, mayBeNull: true };
    collect(arg, isAnd && !isLast ? tested(own) : own, found);
  }
}
