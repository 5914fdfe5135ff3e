import type { TemplateToken } from '../protocol/runner/tokens.ts';
import { isMappingToken, isObjectToken, isSequenceToken, literalText, type ObjectToken } from './tokens.ts';

export interface WalkedToken {
  token: ObjectToken;
  /** Keys and indexes from the root; a key has the path of its mapping. */
  path: string[];
  isKey: boolean;
}

/** Every token of a tree, parents first, in the order of the file. */
export function* walkTokens(token: TemplateToken, path: string[] = [], isKey = false): Generator<WalkedToken> {
  if (!isObjectToken(token)) return;
  yield { token, path, isKey };
  if (isSequenceToken(token)) {
    for (const [index, item] of token.seq.entries()) yield* walkTokens(item, [...path, String(index)]);
  }
  if (!isMappingToken(token)) return;
  for (const { Key, Value } of token.map) {
    yield* walkTokens(Key, path, true);
    yield* walkTokens(Value, [...path, literalText(Key) ?? '']);
  }
}
