/** Reading token trees. Inside this folder every token is in its object form and knows its place in the file. */
import { type Json, type TemplatePair, type TemplateToken, TokenType } from '../protocol/runner/tokens.ts';
import { toText } from './expressions/index.ts';

/** A token in its object form. */
export type ObjectToken = Exclude<TemplateToken, string | boolean | number | null>;

export const isObjectToken = (token: TemplateToken | undefined): token is ObjectToken =>
  typeof token === 'object' && token !== null;

export const isExpression = (token: TemplateToken): token is Extract<ObjectToken, { type: 3 }> =>
  isObjectToken(token) && token.type === TokenType.expression;

export const isMappingToken = (token: TemplateToken): token is Extract<ObjectToken, { type: 2 }> =>
  isObjectToken(token) && token.type === TokenType.mapping;

export const isSequenceToken = (token: TemplateToken): token is Extract<ObjectToken, { type: 1 }> =>
  isObjectToken(token) && token.type === TokenType.sequence;

/** Nothing was given: no key, or a key without a value. */
export const isAbsent = (token: TemplateToken): boolean =>
  token === null || (isObjectToken(token) && token.type === TokenType.null);

/** Value of a literal scalar; `undefined` for anything else. */
export function literalOf(token: TemplateToken): string | number | boolean | null | undefined {
  if (!isObjectToken(token)) return token;
  switch (token.type) {
    case TokenType.string:
      return token.lit;
    case TokenType.boolean:
      return token.bool;
    case TokenType.number:
      return token.num;
    case TokenType.null:
      return null;
    default:
      return undefined;
  }
}

/** Text of a literal scalar; `undefined` for anything else. */
export function literalText(token: TemplateToken): string | undefined {
  const value = literalOf(token);
  return value === undefined ? undefined : toText(value);
}

/** Text of a scalar that may not be an expression; `undefined` also for one that is, which the template reader has refused. */
export function plainText(token: TemplateToken): string | undefined {
  const text = literalText(token);
  return text?.includes('${{') ? undefined : text;
}

/** A string, or every string of a list; anything else is left out. */
export function literalTexts(token: TemplateToken): string[] {
  const items = isSequenceToken(token) ? token.seq : [token];
  return items.flatMap((item) => (isAbsent(item) ? [] : (literalText(item) ?? [])));
}

/** The members of a mapping that have literal keys, in order. */
export function membersOf(token: TemplateToken): { name: string; key: TemplateToken; value: TemplateToken }[] {
  const pairs: TemplatePair[] = isMappingToken(token) ? token.map : [];
  return pairs.flatMap(({ Key, Value }) => {
    const name = literalText(Key);
    return name === undefined ? [] : [{ name, key: Key, value: Value }];
  });
}

/** The member of a mapping with this literal key; the token `null` when there is none. */
export function member(token: TemplateToken, name: string): TemplateToken {
  if (!isMappingToken(token)) return null;
  return token.map.find(({ Key }) => literalText(Key) === name)?.Value ?? null;
}

/** Whether a tree holds no expression. */
export function isLiteral(token: TemplateToken): boolean {
  if (isSequenceToken(token)) return token.seq.every(isLiteral);
  if (isMappingToken(token)) return token.map.every(({ Key, Value }) => isLiteral(Key) && isLiteral(Value));
  return literalOf(token) !== undefined;
}

/** Plain value of a tree without expressions; `undefined` where there is one. */
export function plainValue(token: TemplateToken): Json | undefined {
  if (isSequenceToken(token)) return token.seq.map((item) => plainValue(item) ?? null);
  if (isMappingToken(token)) {
    return Object.fromEntries(membersOf(token).map(({ name, value }) => [name, plainValue(value) ?? null]));
  }
  return literalOf(token);
}

/** Index of the workflow file in the job message's `fileTable`. */
const WORKFLOW_FILE = 1;

/** The form for the wire: literals plain, expressions with their place, so that the runner can name it in errors. */
export function compact(token: TemplateToken): TemplateToken {
  if (isExpression(token)) return { ...token, file: WORKFLOW_FILE };
  if (isSequenceToken(token)) return { type: TokenType.sequence, seq: token.seq.map(compact) };
  if (isMappingToken(token)) {
    const pairs = token.map.map(({ Key, Value }) => ({ Key: compact(Key), Value: compact(Value) }));
    return { type: TokenType.mapping, map: pairs };
  }
  const literal = literalOf(token);
  return literal === undefined ? token : literal;
}
