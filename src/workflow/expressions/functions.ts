/** The built-in functions (SEM-20.14). Arguments come as thunks because `case` and `format` evaluate only what they use. */
import type { Json } from '../../protocol/runner/tokens.ts';
import { ExpressionError } from './error.ts';
import { fromJson, toJson } from './json.ts';
import { type Limits, SCANNED_PER_COMPARED_CHARACTER } from './limits.ts';
import { comparisonCost, equals, equalsIgnoringCase, fold, toText } from './values.ts';

export type Arguments = (() => Json)[];

/** By name in lower case. The parser has checked how many arguments there are. */
export const BUILT_IN_FUNCTIONS: ReadonlyMap<string, (args: Arguments, limits: Limits) => Json> = new Map([
  ['contains', ([search, item]: Arguments, limits: Limits) => contains(evaluated(search), evaluated(item), limits)],
  ['startswith', ([text, part]: Arguments, limits: Limits) => hasPart(text, part, limits, 'start')],
  ['endswith', ([text, part]: Arguments, limits: Limits) => hasPart(text, part, limits, 'end')],
  ['format', ([pattern, ...values]: Arguments, limits: Limits) => format(toText(evaluated(pattern)), values, limits)],
  [
    'join',
    ([list, separator]: Arguments, limits: Limits) => join(evaluated(list), separator ? separator() : ',', limits),
  ],
  ['tojson', ([value]: Arguments, limits: Limits) => toJson(evaluated(value), limits)],
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
  limits.scan((text.length + part.length) * SCANNED_PER_COMPARED_CHARACTER);
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
  limits.scan(partText.length * SCANNED_PER_COMPARED_CHARACTER);
  const from = where === 'start' ? 0 : wholeText.length - partText.length;
  return from >= 0 && equalsIgnoringCase(wholeText.slice(from, from + partText.length), partText);
}

/** Of a text that is put together. */
const SCANNED_PER_PART = 100;

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
    limits.scan(SCANNED_PER_PART);
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
    limits.scan(SCANNED_PER_PART);
    return text;
  });
  return texts.join(between);
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
