import { BooleanData, Dictionary, Null, NumberData, StringData } from '@actions/expressions/data/index';
import { Evaluator } from '@actions/expressions/evaluator';
import { Lexer } from '@actions/expressions/lexer';
import { Parser } from '@actions/expressions/parser';
import fc from 'fast-check';
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

  it('SEM-20.4: compares members of a case-sensitive context with case', () => {
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

  it('SEM-20.16: refuses what is too long, too deep, or builds too much', () => {
    expect(message(`'${'x'.repeat(21_000)}'`)).toBe('Exceeded max expression length 21000');
    expect(message(`${'('.repeat(51)}1${')'.repeat(51)}`)).toMatch(/^Exceeded max expression depth 50/);
    expect(message(`1${'==1'.repeat(6000)}`)).toBe('Exceeded max expression depth 200');
    const big = { contexts: { n: 'x'.repeat(1_000_000) } };
    expect(message(`format('${'{0}'.repeat(6)}', n)`, big)).toBe('The maximum allowed memory size was exceeded');
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
    expect(message('toJSON(n)', { contexts: { n: deep } })).toMatch(/nested deeper/);
  });
});

/** Random expressions over values on which the official engine and the rules of SEM-20 agree. */
const leaf = fc.oneof(
  fc.constantFrom('null', 'true', 'false', 'NaN', '0', '-1', '2.5', '12', 'ctx.text', 'ctx.num', 'ctx.NIL', 'ctx.flag'),
  fc.constantFrom("''", "'a'", "'A'", "' 12 '", "'it''s'", "'true'", "'x2.5'", "'2.5'"),
);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('expression'), fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '&&', '||'), tie('expression'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    tie('expression').map((inner) => `!${inner}`),
    fc
      .tuple(fc.constantFrom('contains', 'startsWith', 'endsWith', 'join'), tie('expression'), tie('expression'))
      .map(([name, a, b]) => `${name}(${a}, ${b})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `format('{1}-{0}{{', ${a}, ${b})`),
    tie('expression').map((inner) => `toJSON(${inner})`),
  ),
}));

const context = { text: 'a', num: 12, nil: null, flag: true };
const officialContext = new Dictionary(
  { key: 'text', value: new StringData('a') },
  { key: 'num', value: new NumberData(12) },
  { key: 'nil', value: new Null() },
  { key: 'flag', value: new BooleanData(true) },
);

function official(text: string): Json {
  const tree = new Parser(new Lexer(text).lex().tokens, ['ctx'], []).parse();
  const result = new Evaluator(tree, new Dictionary({ key: 'ctx', value: officialContext })).evaluate();
  if (result instanceof Null) return null;
  if (result instanceof NumberData || result instanceof StringData || result instanceof BooleanData)
    return result.value;
  throw new Error('a scalar was expected');
}

describe('against the official engine', () => {
  it('gives the same value for random expressions', () => {
    fc.assert(
      fc.property(expression, (text) => {
        // The official toJSON prints NaN as null.
        fc.pre(!(text.includes('NaN') && text.includes('toJSON')));
        expect(evaluateExpression(text, { contexts: { ctx: context } })).toEqual(official(text));
      }),
      { numRuns: 500 },
    );
  });
});
