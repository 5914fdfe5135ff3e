/** Evaluation of a token tree (SEM-21). Targets' types are the caller's business. */
import { type Json, type TemplatePair, type TemplateToken, TokenType } from '../../protocol/runner/tokens.ts';
import { ExpressionError, type TokenPosition } from './error.ts';
import { evaluateExpression } from './evaluate.ts';
import { Limits } from './limits.ts';
import type { Scope } from './scope.ts';
import { isObject, toText } from './values.ts';

/**
 * Value of a token and everything below it, within the limits of one evaluation. What comes out of an expression is never evaluated again (SEM-21.5).
 * @throws ExpressionError with the position of the token, when the token has one
 */
export function evaluateTemplate(token: TemplateToken, scope: Scope): Json {
  return evaluateToken(token, scope, new Limits());
}

function evaluateToken(token: TemplateToken, scope: Scope, limits: Limits): Json {
  if (token === null || typeof token !== 'object') return token;
  switch (token.type) {
    case TokenType.string:
      return token.lit ?? '';
    case TokenType.sequence:
      return (token.seq ?? []).map((item) => evaluateToken(item, scope, limits));
    case TokenType.mapping:
      return evaluateMapping(token.map ?? [], scope, limits);
    case TokenType.expression:
      return evaluateAt(token.expr, token, scope, limits);
    case TokenType.boolean:
      return token.bool;
    case TokenType.number:
      return token.num;
    case TokenType.insert:
      throw new ExpressionError('The directive "insert" is only allowed as a key of a mapping', position(token));
    default:
      return null;
  }
}

function evaluateAt(expression: string, token: TokenPosition, scope: Scope, limits: Limits): Json {
  try {
    return evaluateExpression(expression, scope, limits);
  } catch (error) {
    throw error instanceof ExpressionError ? new ExpressionError(error.message, position(token)) : error;
  }
}

function evaluateMapping(pairs: TemplatePair[], scope: Scope, limits: Limits): Json {
  const values = new Map<string, Json>();
  const known = new Set<string>();
  for (const { Key, Value } of pairs) {
    for (const [name, value] of evaluatePair(Key, Value, scope, limits)) {
      const upper = name.toUpperCase();
      if (known.has(upper)) throw new ExpressionError(`'${name}' is already defined`, position(Key));
      known.add(upper);
      values.set(name, value);
    }
  }
  return Object.fromEntries(values);
}

function evaluatePair(key: TemplateToken, value: TemplateToken, scope: Scope, limits: Limits): [string, Json][] {
  const evaluated = evaluateToken(value, scope, limits);
  if (isInsert(key)) {
    if (isObject(evaluated)) return Object.entries(evaluated);
    throw new ExpressionError('${{ insert }} needs a mapping', position(key));
  }
  const name = evaluateToken(key, scope, limits);
  if (name !== null && typeof name === 'object') {
    throw new ExpressionError('A key must be a scalar, but its expression gave a list or mapping', position(key));
  }
  return [[toText(name), evaluated]];
}

const isInsert = (token: TemplateToken): boolean =>
  token !== null && typeof token === 'object' && token.type === TokenType.insert;

function position(token: TemplateToken | TokenPosition): TokenPosition | undefined {
  if (token === null || typeof token !== 'object' || !('line' in token)) return undefined;
  return { file: token.file, line: token.line, col: token.col };
}
