/** Evaluation of a token tree (SEM-21). Targets' types are the caller's business. */
import { type Json, type TemplatePair, type TemplateToken, TokenType } from '../../protocol/runner/tokens.ts';
import { ExpressionError, type TokenPosition } from './error.ts';
import { evaluateExpression } from './evaluate.ts';
import type { Scope } from './scope.ts';
import { isObject, toText } from './values.ts';

/**
 * Value of a token and everything below it. What comes out of an expression is never evaluated again (SEM-21.5).
 * @throws ExpressionError with the position of the token, when the token has one
 */
export function evaluateTemplate(token: TemplateToken, scope: Scope): Json {
  if (token === null || typeof token !== 'object') return token;
  switch (token.type) {
    case TokenType.string:
      return token.lit ?? '';
    case TokenType.sequence:
      return (token.seq ?? []).map((item) => evaluateTemplate(item, scope));
    case TokenType.mapping:
      return evaluateMapping(token.map ?? [], scope);
    case TokenType.expression:
      return evaluateAt(token.expr, token, scope);
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

function evaluateAt(expression: string, token: TokenPosition, scope: Scope): Json {
  try {
    return evaluateExpression(expression, scope);
  } catch (error) {
    throw error instanceof ExpressionError ? new ExpressionError(error.message, position(token)) : error;
  }
}

function evaluateMapping(pairs: TemplatePair[], scope: Scope): Json {
  const values = new Map<string, Json>();
  const known = new Set<string>();
  for (const { Key, Value } of pairs) {
    for (const [name, value] of evaluatePair(Key, Value, scope)) {
      const upper = name.toUpperCase();
      if (known.has(upper)) throw new ExpressionError(`'${name}' is already defined`, position(Key));
      known.add(upper);
      values.set(name, value);
    }
  }
  return Object.fromEntries(values);
}

function evaluatePair(key: TemplateToken, value: TemplateToken, scope: Scope): [string, Json][] {
  const evaluated = evaluateTemplate(value, scope);
  if (isInsert(key)) {
    if (isObject(evaluated)) return Object.entries(evaluated);
    throw new ExpressionError('${{ insert }} needs a mapping', position(key));
  }
  const name = evaluateTemplate(key, scope);
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
