/**
 * Template tokens and context data: the two typed value encodings inside a job message.
 * Source: runner-protocol 6.6 and 6.7. Both have compact forms (plain JSON scalars) next to typed objects.
 */

/** A value in the workflow file that may still hold expressions; the runner evaluates it. */
export type TemplateToken =
  | string
  | boolean
  | number
  | null
  | { type: 0; lit: string; file?: number; line?: number; col?: number }
  | { type: 1; seq: TemplateToken[]; file?: number; line?: number; col?: number }
  | { type: 2; map: TemplatePair[]; file?: number; line?: number; col?: number }
  | { type: 3; expr: string; file?: number; line?: number; col?: number }
  | { type: 4; file?: number; line?: number; col?: number }
  | { type: 5; bool: boolean; file?: number; line?: number; col?: number }
  | { type: 6; num: number; file?: number; line?: number; col?: number }
  | { type: 7; file?: number; line?: number; col?: number };

export interface TemplatePair {
  Key: TemplateToken;
  Value: TemplateToken;
}

/** Codes of `TemplateToken.type`. */
export const TokenType = {
  string: 0,
  sequence: 1,
  mapping: 2,
  expression: 3,
  insert: 4,
  boolean: 5,
  number: 6,
  null: 7,
} as const;

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A context value on the wire. A plain JSON object or array is not one: the official runner reads it as empty. */
export type ContextData =
  | string
  | boolean
  | number
  | null
  | { t: 0; s: string }
  | { t: 1; a: ContextData[] }
  | { t: 2; d: { k: string; v: ContextData }[] }
  | { t: 3; b: boolean }
  | { t: 4; n: number }
  | { t: 5; d: { k: string; v: ContextData }[] };

/** Plain JSON to context data; objects become case-insensitive dictionaries. */
export function toContextData(value: Json): ContextData {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return { t: 1, a: value.map(toContextData) };
  return { t: 2, d: Object.entries(value).map(([k, v]) => ({ k, v: toContextData(v) })) };
}

/** Context data to plain JSON. Tolerates left-out payloads, as the official runner does. */
export function fromContextData(data: ContextData): Json {
  if (data === null || typeof data !== 'object') return data;
  switch (data.t) {
    case 1:
      return (data.a ?? []).map(fromContextData);
    case 2:
    case 5:
      return Object.fromEntries((data.d ?? []).map(({ k, v }) => [k, fromContextData(v)]));
    case 3:
      return data.b ?? false;
    case 4:
      return data.n ?? 0;
    default:
      return data.s ?? '';
  }
}
