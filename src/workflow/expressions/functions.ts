/** The built-in functions (SEM-20.14). Arguments come as thunks because `case` and `format` evaluate only what they use. */
import type { Json } from '../../protocol/runner/tokens.ts';
import { ExpressionError } from './error.ts';
import type { Limits } from './limits.ts';
import { comparisonCost, equals, equalsIgnoringCase, fold, toText } from './values.ts';

export type Arguments = (() => Json)[];

/** Deeper values are refused by `toJSON` and `fromJSON`; far beyond any event payload, and safe for the stack. */
const MAX_JSON_DEPTH = 200;

/** By name in lower case. The parser has checked how many arguments there are. */
export const BUILT_IN_FUNCTIONS: ReadonlyMap<string, (args: Arguments, limits: Limits) => Json> = new Map([
  ['contains', ([search, item]: Arguments, limits: Limits) => contains(evaluated(search), evaluated(item), limits)],
  ['startswith', ([text, part]: Arguments, limits: Limits) => hasPart(text, part, limits, 'start')],
  ['endswith', ([text, part]: Arguments, limits: Limits) => hasPart(text, part, limits, 'end')],
  ['format', ([pattern, ...values]: Arguments, limits: Limits) => format(toText(evaluated(pattern)), values, limits)],
  ['join', ([list, separator]: Arguments, limits: Limits) => join(evaluated(list), separator?.() ?? ',', limits)],
  ['tojson', ([value]: Arguments, limits: Limits) => new JsonWriter(limits).print(evaluated(value))],
  ['fromjson', ([text]: Arguments, limits: Limits) => fromJson(toText(evaluated(text)), limits)],
  ['case', chooseCase],
]);

const evaluated = (argument: (() => Json) | undefined): Json => argument?.() ?? null;

const isScalar = (value: Json): boolean => value === null || typeof value !== 'object';

function contains(search: Json, item: Json, limits: Limits): boolean {
  if (Array.isArray(search)) {
    return search.some((element) => {
      limits.scan(comparisonCost(element, item));
      return equals(element, item);
    });
  }
  if (!isScalar(search) || !isScalar(item)) return false;
  const [text, part] = [toText(search), toText(item)];
  limits.scan(text.length + part.length);
  return fold(text).includes(fold(part));
}

function hasPart(
  text: (() => Json) | undefined,
  part: (() => Json) | undefined,
  limits: Limits,
  where: 'start' | 'end',
): boolean {
  const [whole, wanted] = [evaluated(text), evaluated(part)];
  if (!isScalar(whole) || !isScalar(wanted)) return false;
  const [wholeText, partText] = [toText(whole), toText(wanted)];
  limits.scan(partText.length);
  const from = where === 'start' ? 0 : wholeText.length - partText.length;
  return from >= 0 && equalsIgnoringCase(wholeText.slice(from, from + partText.length), partText);
}

const FORMAT_ITEM = /\{\{|\}\}|\{(\d+)\}|[{}]/g;

function format(pattern: string, values: Arguments, limits: Limits): string {
  limits.scan(pattern.length);
  const texts = new Map<number, string>();
  return pattern.replace(FORMAT_ITEM, (found, index?: string) => {
    if (found === '{{') return '{';
    if (found === '}}') return '}';
    if (index === undefined) throw new ExpressionError(`The following format string is invalid: ${shown(pattern)}`);
    const text = formatArgument(pattern, values, Number(index), texts);
    limits.build(text.length);
    return text;
  });
}

const MAX_SHOWN = 500;

const shown = (pattern: string): string => (pattern.length > MAX_SHOWN ? `${pattern.slice(0, MAX_SHOWN)}…` : pattern);

function formatArgument(pattern: string, values: Arguments, index: number, texts: Map<number, string>): string {
  const known = texts.get(index);
  if (known !== undefined) return known;
  const value = values[index];
  if (!value) {
    const problem = 'The following format string references more arguments than were supplied';
    throw new ExpressionError(`${problem}: ${shown(pattern)}`);
  }
  const text = toText(value());
  texts.set(index, text);
  return text;
}

function join(list: Json, separator: Json, limits: Limits): string {
  if (!Array.isArray(list)) return isScalar(list) ? toText(list) : '';
  const between = isScalar(separator) ? toText(separator) : ',';
  const texts = list.map((item) => {
    const text = toText(item);
    limits.build(text.length + between.length);
    return text;
  });
  return texts.join(between);
}

/** `toJSON`: two spaces, key order kept, empty containers closed, numbers as anywhere else. */
class JsonWriter {
  readonly #limits: Limits;
  readonly #parts: string[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  print(value: Json): string {
    this.#write(value, '\n');
    return this.#parts.join('');
  }

  #append(text: string): void {
    this.#limits.build(text.length);
    this.#parts.push(text);
  }

  /** @param line a line break and the indentation of the value */
  #write(value: Json, line: string): void {
    if (typeof value === 'string') this.#appendString(value);
    else if (value === null) this.#append('null');
    else if (typeof value !== 'object') this.#append(toText(value));
    else if (line.length > 2 * MAX_JSON_DEPTH) throw tooDeep('toJSON');
    else if (Array.isArray(value))
      this.#writeItems(
        '[',
        value.map((item) => [undefined, item]),
        ']',
        line,
      );
    else this.#writeItems('{', Object.entries(value), '}', line);
  }

  #writeItems(open: string, items: [string | undefined, Json][], close: string, line: string): void {
    this.#append(open);
    const inner = `${line}  `;
    for (const [index, [key, item]] of items.entries()) {
      this.#append(index === 0 ? inner : `,${inner}`);
      if (key !== undefined) {
        this.#appendString(key);
        this.#append(': ');
      }
      this.#write(item, inner);
    }
    this.#append(items.length > 0 ? `${line}${close}` : close);
  }

  #appendString(text: string): void {
    this.#limits.scan(text.length);
    this.#append(JSON.stringify(text));
  }
}

const tooDeep = (name: string) => new ExpressionError(`${name}: the value is nested deeper than ${MAX_JSON_DEPTH}`);

/** Reading makes several times as much as is read. */
const SCANNED_PER_JSON_CHARACTER = 3;

function fromJson(text: string, limits: Limits): Json {
  if (text.trim() === '') throw new ExpressionError('fromJSON: the text is empty, so it is not JSON');
  limits.build(text.length);
  limits.scan(text.length * SCANNED_PER_JSON_CHARACTER);
  const value = parseJson(text);
  if (isDeeper(value, MAX_JSON_DEPTH)) throw tooDeep('fromJSON');
  return value;
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExpressionError(`fromJSON: ${error instanceof Error ? error.message : 'invalid JSON'}`);
  }
}

function isDeeper(value: Json, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (levels === 0) return true;
  const items = Array.isArray(value) ? value : Object.values(value);
  return items.some((item) => isDeeper(item, levels - 1));
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
