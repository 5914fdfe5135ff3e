import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import {
  compileCondition,
  compileText,
  ExpressionError,
  evaluateTemplate,
  referencedValues,
  textToken,
} from './index.ts';

const scope = { contexts: { github: { ref: 'main', n: 2, map: { a: 1 } } } };
const expr = (text: string): TemplateToken => ({ type: 3, expr: text, line: 4, col: 7 });

describe('evaluateTemplate', () => {
  it('SEM-21.1: keeps the type of a lone expression', () => {
    expect(evaluateTemplate(textToken('${{ github.n }}'), scope)).toBe(2);
    expect(evaluateTemplate(textToken('v${{ github.n }}'), scope)).toBe('v2');
  });

  it('SEM-21.3: evaluates keys and splices inserted mappings in their place', () => {
    const token: TemplateToken = {
      type: 2,
      map: [
        { Key: 'first', Value: { type: 1, seq: [{ type: 6, num: 1 }, { type: 5, bool: true }, { type: 7 }] } },
        { Key: { type: 4 }, Value: expr('github.map') },
        { Key: expr('github.ref'), Value: { type: 0, lit: 'x' } },
      ],
    };
    expect(Object.entries(evaluateTemplate(token, scope) ?? {})).toEqual([
      ['first', [1, true, null]],
      ['a', 1],
      ['main', 'x'],
    ]);
  });

  it('SEM-21.5: does not evaluate what came out of an expression', () => {
    expect(evaluateTemplate(expr("'${{ github.ref }}'"), scope)).toBe('${{ github.ref }}');
    expect(evaluateTemplate('${{ github.ref }}', scope)).toBe('${{ github.ref }}');
  });

  it('refuses a key that is defined twice, ignoring case', () => {
    const map = [
      { Key: 'A', Value: 1 },
      { Key: 'a', Value: 2 },
    ];
    expect(() => evaluateTemplate({ type: 2, map }, scope)).toThrow("'a' is already defined");
  });

  it('names the place of the token that failed', () => {
    const run = () => evaluateTemplate({ type: 1, seq: [expr('nope')] }, scope);
    expect(run).toThrow(ExpressionError);
    expect(run).toThrow(expect.objectContaining({ position: { file: undefined, line: 4, col: 7 } }));
  });

  it('makes own properties of dangerous names', () => {
    const value = evaluateTemplate({ type: 2, map: [{ Key: '__proto__', Value: 'x' }] }, scope);
    expect(Object.entries(value ?? {})).toEqual([['__proto__', 'x']]);
  });
});

describe('compileText', () => {
  it('SEM-20.1: a string literal may hold the closing mark', () => {
    expect(compileText("${{ 'a}}b' }}")).toEqual({ expression: "'a}}b'", mixed: false });
  });

  it('refuses an expression that is not closed or empty', () => {
    expect(() => compileText('a ${{ b')).toThrow('The expression is not closed');
    expect(() => compileText('${{ }}')).toThrow('An expression was expected');
  });

  it('SEM-21.1: any text around an expression survives compilation', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', "'", '{', '}', '$', ' ', '\n', '0', '}}', "''") });
    fc.assert(
      fc.property(plain, plain, (before, after) => {
        fc.pre(!`${before}|`.includes('${{') && !after.includes('${{') && !before.endsWith('$'));
        expect(evaluateTemplate(textToken(`${before}\${{ github.ref }}${after}`), scope)).toBe(`${before}main${after}`);
      }),
    );
  });
});

describe('compileCondition', () => {
  it.each([
    ['', 'success()'],
    ['  ', 'success()'],
    ["github.ref == 'main'", "success() && (github.ref == 'main')"],
    ['${{ github.n }}', 'success() && (github.n)'],
    ['Always()', 'Always()'],
    ['!cancelled() && github.n', '!cancelled() && github.n'],
    ['github.x[failure()]', 'github.x[failure()]'],
    ["github.ref == 'failure()'", "success() && (github.ref == 'failure()')"],
    ['github.success', 'success() && (github.success)'],
  ])('SEM-9.3: %j becomes %j', (written, compiled) => {
    expect(compileCondition(written)).toBe(compiled);
  });

  it('SEM-9.4, trap 5: text around ${{ }} is a string, always true', () => {
    expect(compileCondition('${{ false }} && true')).toBe("success() && (format('{0} && true', false))");
  });

  it('refuses what cannot be parsed', () => {
    expect(() => compileCondition('github.ref =')).toThrow(ExpressionError);
    expect(() => compileCondition('a) || (b')).toThrow(ExpressionError);
  });
});

it('lists the context values that an expression mentions, each once', () => {
  const values = referencedValues("github.ref == 'x' && (github['n'] || contains(github.map.*, github.ref))", scope);
  expect(values).toEqual([
    { name: 'github.ref', value: 'main' },
    { name: 'github.n', value: 2 },
    { name: 'github.map.*', value: [1] },
  ]);
});
