/**
 * Parsing with GitHub's own lexer and parser. Their trees are cached. What is corrected here: string literals with
 * more than one doubled quote, literals that only JavaScript reads as numbers, and error texts without a position.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  Binary,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Unary,
} from '@actions/expressions/ast';
import { ExpressionError as ParserError } from '@actions/expressions/errors';
import type { FunctionInfo } from '@actions/expressions/funcs/info';
import { Lexer, type Token, TokenType, tokenString } from '@actions/expressions/lexer';
import { Parser } from '@actions/expressions/parser';
import { errorText } from '../../common/errors.ts';
import { ExpressionError } from './error.ts';
import { toNumber } from './values.ts';

/** SEM-1.9, SEM-20.16 */
export const MAX_EXPRESSION_LENGTH = 21_000;

/** A tree takes some 150 bytes a character of its text. */
const MAX_CACHED_CHARACTERS = 300_000;
const cache = new Map<string, Expr>();
let cachedCharacters = 0;

/**
 * @param names contexts that may be used, in lower case
 * @param functions functions beyond the built-in ones
 * @param signature identifies `names` and `functions` in the cache
 * @throws ExpressionError
 */
export function parseExpression(
  expression: string,
  names: string[],
  functions: FunctionInfo[],
  signature: string,
): Expr {
  const key = `${signature}\n${expression}`;
  const known = cache.get(key);
  if (known) return known;
  const tree = parse(expression, names, functions);
  remember(key, tree);
  return tree;
}

/** The oldest go first. */
function remember(key: string, tree: Expr): void {
  cachedCharacters += key.length;
  cache.set(key, tree);
  for (const oldest of cache.keys()) {
    if (cachedCharacters <= MAX_CACHED_CHARACTERS) break;
    cachedCharacters -= oldest.length;
    cache.delete(oldest);
  }
}

function parse(expression: string, names: string[], functions: FunctionInfo[]): Expr {
  if (expression.trim() === '') throw new ExpressionError('An expression was expected');
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionError(`Exceeded max expression length ${MAX_EXPRESSION_LENGTH}`);
  }
  let tokens: Token[] = [];
  try {
    tokens = new Lexer(expression).lex().tokens;
    const tree = new Parser(tokens, names, functions).parse();
    checkTree(tree, expression, tokens);
    return tree;
  } catch (error) {
    throw asExpressionError(error, expression, tokens);
  }
}

function asExpressionError(error: unknown, expression: string, tokens: Token[]): ExpressionError {
  if (error instanceof ExpressionError) return error;
  const located = error instanceof ParserError ? parserError(error, expression, tokens) : undefined;
  return located ?? new ExpressionError(errorText(error));
}

/** Text of an error of the official parser, with position and expression; `undefined` when it is not of this expression. */
export function parserErrorText(error: ParserError, expression: string): string | undefined {
  return parserError(error, expression, new Lexer(expression).lex().tokens)?.message;
}

function parserError({ pos, message }: ParserError, expression: string, tokens: Token[]): ExpressionError | undefined {
  const index = tokens.findIndex((token) => {
    return isDeepStrictEqual(token.range.start, pos) && message.endsWith(`: '${tokenString(token)}'`);
  });
  const isEnd = tokens[index]?.type === TokenType.EOF && index > 0;
  const token = tokens[isEnd ? index - 1 : index];
  const [kind] = isEnd ? ['Unexpected end of expression'] : message.split(": '");
  return token && located(`${kind}: '${token.lexeme}'`, token, expression, tokens);
}

function located(message: string, token: Token, expression: string, tokens: Token[]): ExpressionError {
  const position = offsetOf(token, expression, tokens) + 1;
  return new ExpressionError(`${message}. Located at position ${position} within expression: ${expression}`);
}

/** The parser's own columns are wrong after a line break inside a string, so the tokens are found again in the text. */
function offsetOf(wanted: Token, expression: string, tokens: Token[]): number {
  let offset = 0;
  for (const token of tokens) {
    if (token.type === TokenType.EOF) break;
    offset = expression.indexOf(token.lexeme, offset);
    if (token === wanted) return offset;
    offset += token.lexeme.length;
  }
  return offset;
}

/** SEM-20.16. The parser's own limit counts parentheses, which are no level on the real service, and no comparisons. */
const MAX_TREE_DEPTH = 50;

/** The parser accepts names that every JavaScript object inherits (`constructor()`), and `0b1`. */
function checkTree(tree: Expr, expression: string, tokens: Token[]): void {
  for (const { node, depth } of nodes(tree)) {
    if (depth > MAX_TREE_DEPTH) throw new ExpressionError(`Exceeded max expression depth ${MAX_TREE_DEPTH}`);
    if (node instanceof FunctionCall && Object.hasOwn(Object.prototype, node.functionName.lexeme.toLowerCase())) {
      const name = node.functionName.lexeme;
      throw located(`Unrecognized function: '${name}'`, node.functionName, expression, tokens);
    }
    if (node instanceof Literal && node.token.type === TokenType.NUMBER && !isNumberLiteral(node.token.lexeme)) {
      throw located(`Unexpected symbol: '${node.token.lexeme}'`, node.token, expression, tokens);
    }
  }
}

const isNumberLiteral = (lexeme: string): boolean => lexeme === 'NaN' || !Number.isNaN(toNumber(lexeme));

/** Every node of a tree with its depth, parents first. Without recursion: `1==1==1…` is as deep as it is long. */
export function* nodes(tree: Expr): Generator<{ node: Expr; depth: number }> {
  const pending = [{ node: tree, depth: 1 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    yield next;
    const depth = next.depth + (next.node instanceof Grouping ? 0 : 1);
    for (const node of childNodes(next.node).reverse()) pending.push({ node, depth });
  }
}

/** The nodes directly below one. */
export function childNodes(node: Expr): Expr[] {
  if (node instanceof FunctionCall || node instanceof Logical) return [...node.args];
  if (node instanceof Binary) return [node.left, node.right];
  if (node instanceof Unary) return [node.expr];
  if (node instanceof Grouping) return [node.group];
  return node instanceof IndexAccess ? [node.expr, node.index] : [];
}

const ALWAYS_WITHOUT_ARGUMENTS: FunctionInfo[] = [
  { name: 'cancelled', minArgs: 0, maxArgs: 0 },
  { name: 'always', minArgs: 0, maxArgs: 0 },
];

const resultFunctions = (maxArgs: number): FunctionInfo[] => [
  { name: 'success', minArgs: 0, maxArgs },
  { name: 'failure', minArgs: 0, maxArgs },
  ...ALWAYS_WITHOUT_ARGUMENTS,
];

/** The functions that look at results (SEM-9.3); they exist in `if` only. A job's take job keys (SEM-9.5). */
export const JOB_STATUS_FUNCTIONS = resultFunctions(255);
export const STEP_STATUS_FUNCTIONS = resultFunctions(0);

export const HASH_FILES: FunctionInfo = { name: 'hashFiles', minArgs: 1, maxArgs: 255 };

/** Value of a literal node. */
export function literalValue({ token, literal }: Literal): string | number | boolean | null {
  switch (token.type) {
    case TokenType.STRING:
      return token.lexeme.slice(1, -1).replaceAll("''", "'");
    case TokenType.NUMBER:
      return token.lexeme === 'NaN' ? Number.NaN : toNumber(token.lexeme);
    case TokenType.TRUE:
      return true;
    case TokenType.FALSE:
      return false;
    case TokenType.NULL:
      return null;
    default:
      // The name after a dot.
      return literal.coerceString();
  }
}
