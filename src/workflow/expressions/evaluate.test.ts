import { describe, expect, it } from 'vitest';
import type { Json } from '../../protocol/runner/tokens.ts';
import { ExpressionError, evaluateExpression, type Scope } from './index.ts';

const event: Json = { labels: [{ name: 'bug', ids: [1, 2] }, { name: 'ui' }, { ids: [3] }] };
const scope: Scope = {
  contexts: { github: { ref: 'refs/heads/main', event }, env: { Path: '/bin' }, matrix: null, n: 3 },
};

const value = (expression: string, over: Partial<Scope> = {}): Json =>
  evaluateExpression(expression, { ...scope, ...over });

function message(expression: string, over: Partial<Scope> = {}): string {
  try {
    return `no error but ${JSON.stringify(value(expression, over))}`;
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionError);
    return error instanceof Error ? error.message : '';
  }
}

describe('literals and operators', () => {
  it.each([
    ["'it''s ''so'''", "it's 'so'"],
    ['0xff', 255],
    ['0o17', 15],
    ['-1.5e3', -1500],
    ['null', null],
    ['!null && !false && !0', true],
  ])('SEM-20.2: %s is a literal', (expression, expected) => {
    expect(value(expression)).toBe(expected);
  });

  it.each([
    ["'' == 0", true],
    ["null == ''", true],
    ["'abc' == 0", false],
    ['NaN == NaN', false],
    ["'ABC' == 'abc'", true],
    ["true == 'true'", false],
    ["true == '1'", true],
    ['github.event == github.event', true],
    ["fromJSON('[]') == fromJSON('[]')", false],
    ["'10' > 9", true],
    ["'b' > 'A'", true],
    ['true > false', true],
    ['null >= null', true],
    ['NaN >= NaN', false],
    ['github > 1', false],
  ])('SEM-20.7, 20.8, trap 23: %s is %s', (expression, expected) => {
    expect(value(expression)).toBe(expected);
  });

  it.each([
    ['1 == 1 == true', true],
    ['3 > 2 == true', true],
    ['true == 3 > 2', true],
    ['!false == true', true],
    ['!true && true', false],
    ['!(true && false)', true],
    ['true || false && false', true],
    ['(true || false) && false', false],
    ["'a' || 'b' == 'b'", 'a'],
    ['1 < 2 < 2', true],
    ["github.event.labels[1].name == 'ui' && 'yes' || 'no'", 'yes'],
    ['!github.event.labels[0].name', false],
  ])('SEM-20.3: %s binds and associates as written there', (expression, expected) => {
    expect(value(expression)).toBe(expected);
  });

  it.each([
    '1 + 1',
    "'a' . 'b'",
    'n ? 1 : 2',
    '1 - 1',
    'n = 3',
    'n & n',
    'not n',
  ])('SEM-20.3: %s is no operator', (expression) => {
    expect(() => value(expression)).toThrow(ExpressionError);
  });

  it('SEM-20.5: && and || give the operand and stop early', () => {
    expect(value("'' || 'b'")).toBe('b');
    expect(value("'a' && 'b' || 'c'")).toBe('b');
    expect(value("true || fromJSON('')")).toBe(true);
  });

  it('SEM-20.11: folds characters one by one, without locale and never into ASCII', () => {
    expect(value("'ς' == 'Σ'")).toBe(true);
    expect(value("'ü' == 'Ü'")).toBe(true);
    expect(value("'i' == 'İ'")).toBe(false);
    expect(value("'I' == 'ı'")).toBe(false);
    expect(value("'ß' == 'ss'")).toBe(false);
  });
});

describe('members', () => {
  it('SEM-20.4: ignores case in names, and gives null for what is missing', () => {
    expect(value('GITHUB.Ref')).toBe('refs/heads/main');
    expect(value('github.nothing.at.all')).toBeNull();
    expect(value('github.constructor')).toBeNull();
  });

  it('SEM-20.4, 7.2: compares members of a case-sensitive context with case', () => {
    expect(value('env.path')).toBe('/bin');
    expect(value('env.path', { caseSensitive: ['env'] })).toBeNull();
    expect(value('(env || n).Path', { caseSensitive: ['env'] })).toBe('/bin');
  });

  it('SEM-20.12: floors array indexes and gives null outside', () => {
    expect(value('github.event.labels[1.9].name')).toBe('ui');
    expect(value('github.event.labels[-1]')).toBeNull();
    expect(value("github.event.labels['x']")).toBeNull();
    expect(value('n[0]')).toBeNull();
  });

  it('SEM-20.13: a filtered array maps further members, also through parentheses', () => {
    expect(value('github.event.labels.*.name')).toEqual(['bug', 'ui']);
    expect(value('github.event.labels.*.ids[0]')).toEqual([1, 3]);
    expect(value('(github.event.labels.*.ids)[0]')).toEqual([1, 3]);
    expect(value('fromJSON(toJSON(github.event.labels.*.name))[0]')).toBe('bug');
    expect(value('github.event.labels.name')).toBeNull();
    expect(value('n.*')).toEqual([]);
  });
});

describe('functions', () => {
  it.each([
    ["contains('', '')", true],
    ['contains(fromJSON(\'["1"]\'), 1)', true],
    ["contains('Hello', 'ELL')", true],
    ['contains(github, 1)', false],
    ["startsWith('Hello', 'he')", true],
    ["endsWith(github, 'x')", false],
    ["format('{{{0}}} {1} {0}', 'a', 2)", '{a} 2 a'],
    ["join(fromJSON('[1,true,null]'))", '1,true,'],
    ["join('x', '-')", 'x'],
    ['join(github)', ''],
    ["case(false, fromJSON(''), true, 2, 3)", 2],
  ])('SEM-20.14, trap 24: %s', (expression, expected) => {
    expect(value(expression)).toEqual(expected);
  });

  it('SEM-20.14: format evaluates an argument only when the pattern names it', () => {
    expect(value("format('{1}', fromJSON(''), 'x')")).toBe('x');
  });

  it('SEM-20.14: toJSON prints with two spaces, empty containers closed', () => {
    expect(value('toJSON(fromJSON(\'{"b":[1],"a":{},"c":[]}\'))')).toBe(
      '{\n  "b": [\n    1\n  ],\n  "a": {},\n  "c": []\n}',
    );
  });

  it.each([
    ["fromJSON('')", 'fromJSON: the text is empty, so it is not JSON'],
    ["format('{0')", 'The following format string is invalid: {0'],
    ["format('{0:x}', 1)", 'The following format string is invalid: {0:x}'],
    ["format('{1}', 1)", 'The following format string references more arguments than were supplied: {1}'],
    ['case(1, 2, 3)', 'case predicate must evaluate to a boolean value'],
  ])('SEM-20.14: %s is an error', (expression, expected) => {
    expect(message(expression)).toBe(expected);
  });

  it('SEM-20.14: status functions and hashFiles exist only where they are offered', () => {
    const status = { success: () => true, failure: () => false, cancelled: () => false };
    expect(message('success()')).toMatch(/^Unrecognized function: 'success'/);
    expect(message("hashFiles('x')")).toMatch(/^Unrecognized function: 'hashFiles'/);
    expect(value('ALWAYS() && success()', { status })).toBe(true);
    expect(value("hashFiles('a', 'b')", { hashFiles: (patterns) => patterns.join() })).toBe('a,b');
  });
});

describe('errors and limits', () => {
  it.each([
    ['nope', "Unrecognized named-value: 'nope'. Located at position 1 within expression: nope"],
    ["'a\nb' == nope", "Unrecognized named-value: 'nope'. Located at position 10 within expression: 'a\nb' == nope"],
    ['n && foo(1)', "Unrecognized function: 'foo'. Located at position 6 within expression: n && foo(1)"],
    ['"a"', `Unexpected symbol: '"a"'. Located at position 1 within expression: "a"`],
    [
      "contains('a')",
      "Too few parameters supplied: 'contains'. Located at position 1 within expression: contains('a')",
    ],
    [
      'startsWith(1, 2, 3)',
      "Too many parameters supplied: 'startsWith'. Located at position 1 within expression: startsWith(1, 2, 3)",
    ],
    ['n ==', "Unexpected end of expression: '=='. Located at position 3 within expression: n =="],
    ['constructor()', "Unrecognized function: 'constructor'. Located at position 1 within expression: constructor()"],
    ['1 == 0b1', "Unexpected symbol: '0b1'. Located at position 6 within expression: 1 == 0b1"],
    [' ', 'An expression was expected'],
  ])('SEM-20.17: %j', (expression, expected) => {
    expect(message(expression)).toBe(expected);
  });

  it.each([
    ['the text is too long: 21,001 characters', `'${'x'.repeat(20_999)}'`, 'Exceeded max expression length 21000'],
    ['parentheses', `${'('.repeat(51)}1${')'.repeat(51)}`, /^Exceeded max expression depth 50/],
    ['functions', `${'toJSON('.repeat(51)}1${')'.repeat(51)}`, /^Exceeded max expression depth 50/],
    ['comparisons', `1${'==1'.repeat(50)}`, 'Exceeded max expression depth 50'],
    ['members', `n${'.a'.repeat(50)}`, /^Exceeded max expression depth 50/],
    ['negations', `${'!'.repeat(51)}n`, /^Exceeded max expression depth 50/],
  ])('SEM-20.16: refuses what is too long or too deep: %s', (_, expression, expected) => {
    expect(message(expression)).toMatch(expected);
  });

  it('SEM-20.16: takes 21,000 characters, 50 levels, and any number of operands in a row', () => {
    expect(value(`'${'x'.repeat(20_998)}'`)).toHaveLength(20_998);
    expect(value(`1${'==1'.repeat(49)}`)).toBe(true);
    expect(value(`${'('.repeat(20)}n${'.a'.repeat(20)}${')'.repeat(20)}`)).toBeNull();
    expect(value(`0${'||0'.repeat(6900)}`)).toBe(0);
  });

  const [memory, time] = ['The maximum allowed memory size was exceeded', 'The expression takes too long to evaluate'];
  const hostile: Scope['contexts'] = {
    text: 'x'.repeat(1_000_000),
    other: `${'X'.repeat(999_999)}Y`,
    accented: 'é'.repeat(1_000_000),
    digits: '1'.repeat(1_000_000),
    list: Array.from({ length: 100_000 }, (_, index) => `item ${index}`),
    floats: Array.from({ length: 50_000 }, (_, index) => index / 7),
    object: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, index])),
    grid: Array.from({ length: 300 }, () => Array.from({ length: 300 }, () => ({ a: { b: 1 } }))),
    json: JSON.stringify(Array.from({ length: 150_000 }, () => [])),
  };
  const chain = (part: string, operator = '||'): string =>
    Array.from({ length: Math.floor(20_000 / (part.length + 2)) }, () => part).join(operator);

  it.each([
    ['format that repeats', `format('${'{0}'.repeat(6900)}', text)`, memory],
    ['format of format', `format('{0}{0}{0}', ${`format('{0}{0}{0}', `.repeat(3)}text))))`, memory],
    ['join with a long separator', 'join(list, text)', memory],
    ['joins in a row', chain("join(list) == ''"), time],
    ['toJSON of toJSON', `${'toJSON('.repeat(40)}'"""'${')'.repeat(40)}`, memory],
    ['toJSON in a row', chain('toJSON(list) == 0'), time],
    ['toJSON of numbers that print in 15 digits', chain('toJSON(floats) == 0'), time],
    ['fromJSON in a row', chain('fromJSON(json).x'), time],
    ['contains of a long text', chain("contains(text, 'y')"), time],
    ['contains of a long text that is not ASCII', chain("contains(accented, 'y')"), time],
    ['contains of a long list', chain("contains(list, 'y')"), time],
    ['comparisons of long texts', chain('text == other'), time],
    ['orders of long texts', chain('other < text'), time],
    ['comparisons of a long text with a number', chain('digits == 2'), time],
    ['starts of long texts', chain('startsWith(text, other)'), time],
    ['a long text as an index', chain('list[digits]'), time],
    ['members that are not there', chain('object.nothing'), time],
    ['all members', chain('object.*.x[0]', '&&'), time],
    ['all members of all members', chain('grid.*.*.a.c[0]', '&&'), time],
  ])('SEM-20.16: refuses %s before it takes long', (_, expression, expected) => {
    expect(message(expression, { contexts: hostile })).toBe(expected);
  });

  it('SEM-20.16: refuses deep JSON, which would break the stack', () => {
    const text = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    expect(message('toJSON(n)', { contexts: { n: JSON.parse(text) } })).toBe(
      'toJSON: the value is nested deeper than 200',
    );
    expect(message('fromJSON(n)', { contexts: { n: text } })).toBe('fromJSON: the value is nested deeper than 200');
  });

  it('SEM-20.16: does not repeat a long text in an error', () => {
    const contexts = { n: `{${'x'.repeat(100_000)}` };
    expect(message('format(n)', { contexts })).toHaveLength('The following format string is invalid: '.length + 501);
  });
});
