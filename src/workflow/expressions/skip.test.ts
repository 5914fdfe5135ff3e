import { expect, test } from 'vitest';
import { describeSkip } from './skip.ts';

test('a skip is told with its condition, the values that it saw and what failed before (SEM-9.6)', () => {
  const values = [
    { name: 'github.ref', value: 'refs/heads/main' },
    { name: 'inputs.count', value: null },
  ];
  expect(describeSkip({ condition: 'success() && (github.ref == inputs.count)', values, troubles: [] })).toBe(
    'Skipped because its condition `success() && (github.ref == inputs.count)` was false: github.ref is "refs/heads/main", inputs.count is null.',
  );
  expect(describeSkip({ condition: 'success()', values: [], troubles: ['test ended with failure'] })).toBe(
    'Skipped because its condition `success()` was false: test ended with failure.',
  );
  expect(describeSkip({ condition: 'false', values: [], troubles: [] })).toBe(
    'Skipped because its condition `false` was false.',
  );
});

test('the sentence stays one line of bounded length', () => {
  const event = { name: 'github.event', value: { text: 'x'.repeat(100_000) } };
  const text = describeSkip({ condition: 'a &&\n  b', values: [event], troubles: [] });
  expect(text).toContain('`a && b`');
  expect(text.length).toBeLessThan(400);
});

test('a secret is masked before a long value is cut, so that no part of it shows', () => {
  const secret = 'correct horse battery';
  const value = `${'x'.repeat(190)}${secret}`;
  const text = describeSkip({
    condition: 'env.A',
    values: [{ name: 'env.A', value }],
    troubles: [],
    mask: (shown) => shown.replaceAll(secret, '***'),
  });
  expect(text).toContain('x***"');
  expect(text).not.toContain('correct');
});
