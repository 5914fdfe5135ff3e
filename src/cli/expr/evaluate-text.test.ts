import { describe, expect, it } from 'vitest';
import type { Json } from '../../protocol/runner/tokens.ts';
import { evaluateText } from './evaluate-text.ts';

describe('evaluateText', () => {
  it.each<[string, Json, string]>([
    ['null', null, 'null'],
    ['1 == 1', true, 'boolean'],
    ['0x1F', 31, 'number'],
    ["'it''s'", "it's", 'string'],
    ["fromJSON('[1]')", [1], 'array'],
    ['fromJSON(\'{"a": 1}\')', { a: 1 }, 'object'],
    ['${{ 1 }}', 1, 'number'],
    ['a ${{ 1 }} b', 'a 1 b', 'string'],
    ['NaN', 'NaN', 'number'],
    ['-Infinity', '-Infinity', 'number'],
    ['github.ref', null, 'null'],
    ['success() && !failure()', true, 'boolean'],
  ])('gives %s its value and kind', (text, value, kind) => {
    expect(evaluateText(text, {})).toEqual({ kind, value });
  });

  it('uses the contexts that are given, whatever the case of their names', () => {
    expect(evaluateText('github.ref', { GitHub: { ref: 'x' } })).toEqual({ kind: 'string', value: 'x' });
    expect(evaluateText('mine.a', { mine: { a: 1 } })).toEqual({ kind: 'number', value: 1 });
  });

  it('lets status functions follow job.status', () => {
    expect(evaluateText('failure()', { job: { status: 'failure' } })).toEqual({ kind: 'boolean', value: true });
    expect(evaluateText('cancelled()', { job: { status: 'cancelled' } })).toEqual({ kind: 'boolean', value: true });
  });

  it.each([
    ['1 ==', 'parse', 3],
    ['nope.x', 'parse', 1],
    ['github.ref && what()', 'parse', 15],
    ["'a", 'parse', null],
    ['', 'parse', null],
    ['${{ 1', 'parse', null],
    ["true && fromJSON('x')", 'evaluate', 9],
    ["hashFiles('x')", 'evaluate', 1],
  ])('SEM-20.17: says of %j the stage and the position', (text, stage, position) => {
    const outcome = evaluateText(text, {});
    expect(outcome).toEqual({ error: expect.objectContaining({ stage, message: expect.any(String) }) });
    if ('error' in outcome && position !== null) expect(outcome.error.position).toBe(position);
  });
});
