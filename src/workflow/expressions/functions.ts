/** The built-in functions (SEM-20.14). Arguments come as thunks because `case` and `format` evaluate only what they use. */
import type { Json } from '../../protocol/runner/tokens.ts';
import { ExpressionError } from './error.ts';
import { equals, fold, toText } from './values.ts';

export type Arguments = (() => Json)[];

/** SEM-20.16: what one evaluation may build, counted as two bytes per UTF-16 unit. */
const MAX_MEMORY_BYTES = 10 * 1024 * 1024;
/** Deeper values are refused by `toJSON`; far beyond any event payload, and safe for the stack. */
const MAX_JSON_DEPTH = 200;

/** By name in lower case. The parser has checked how many arguments there are. */
export const BUILT_IN_FUNCTIONS: ReadonlyMap<string, (args: Arguments) => Json> = new Map([
  ['contains', ([search, item]: Arguments) => contains(evaluated(search), evaluated(item))],
  ['startswith', ([text, part]: Arguments) => scalarTest(text, part, (a, b) => a.startsWith(b))],
  ['endswith', ([text, part]: Arguments) => scalarTest(text, part, (a, b) => a.endsWith(b))],
  ['format', ([pattern, ...values]: Arguments) => limited(format(toText(evaluated(pattern)), values))],
  ['join', ([list, separator]: Arguments) => limited(join(evaluated(list), separator ? separator() : ','))],
  ['tojson', ([value]: Arguments) => limited(toJson(evaluated(value), 0))],
  ['fromjson', ([text]: Arguments) => fromJson(toText(evaluated(text)))],
  ['case', chooseCase],
]);

const evaluated = (argument: (() => Json) | undefined): Json => argument?.() ?? null;

const isScalar = (value: Json): boolean => value === null || typeof value !== 'object';

function limited(text: string): string {
  if (text.length * 2 <= MAX_MEMORY_BYTES) return text;
  throw new ExpressionError('The maximum allowed memory size was exceeded');
}

function contains(search: Json, item: Json): boolean {
  if (Array.isArray(search)) return search.some((element) => equals(element, item));
  return isScalar(search) && isScalar(item) && fold(toText(search)).includes(fold(toText(item)));
}

function scalarTest(
  text: (() => Json) | undefined,
  part: (() => Json) | undefined,
  test: (text: string, part: string) => boolean,
): boolean {
  const [whole, wanted] = [evaluated(text), evaluated(part)];
  return isScalar(whole) && isScalar(wanted) && test(fold(toText(whole)), fold(toText(wanted)));
}

const FORMAT_ITEM = /\{\{|\}\}|\{(\d+)\}|[{}]/g;

function format(pattern: string, values: Arguments): string {
  const texts = new Map<number, string>();
  return pattern.replace(FORMAT_ITEM, (found, index?: string) => {
    if (found === '{{') return '{';
    if (found === '}}') return '}';
    if (index === undefined) throw new ExpressionError(`The following format string is invalid: ${pattern}`);
    return formatArgument(pattern, values, Number(index), texts);
  });
}

function formatArgument(pattern: string, values: Arguments, index: number, texts: Map<number, string>): string {
  const known = texts.get(index);
  if (known !== undefined) return known;
  const value = values[index];
  if (!value) {
    const problem = 'The following format string references more arguments than were supplied';
    throw new ExpressionError(`${problem}: ${pattern}`);
  }
  const text = toText(value());
  texts.set(index, text);
  return text;
}

function join(list: Json, separator: Json): string {
  if (Array.isArray(list)) return list.map(toText).join(isScalar(separator) ? toText(separator) : ',');
  return isScalar(list) ? toText(list) : '';
}

function toJson(value: Json, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null) return 'null';
  if (typeof value !== 'object') return toText(value);
  if (depth >= MAX_JSON_DEPTH) throw new ExpressionError(`toJSON: the value is nested deeper than ${MAX_JSON_DEPTH}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const items = jsonItems(value, depth);
  if (items.length === 0) return `${open}${close}`;
  const indent = '  '.repeat(depth);
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(',\n')}\n${indent}${close}`;
}

function jsonItems(value: Json[] | { [key: string]: Json }, depth: number): string[] {
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth + 1));
  return Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${toJson(item ?? null, depth + 1)}`);
}

function fromJson(text: string): Json {
  if (text.trim() === '') throw new ExpressionError('fromJSON: the text is empty, so it is not JSON');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExpressionError(`fromJSON: ${error instanceof Error ? error.message : 'invalid JSON'}`);
  }
}

function chooseCase(args: Arguments): Json {
  for (let index = 0; index + 1 < args.length; index += 2) {
    const predicate = evaluated(args[index]);
    if (typeof predicate !== 'boolean') {
      throw new ExpressionError('case predicate must evaluate to a boolean value');
    }
    if (predicate) return evaluated(args[index + 1]);
  }
  return evaluated(args.at(-1));
}
