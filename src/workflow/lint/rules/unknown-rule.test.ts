import { expect, it } from 'vitest';
import { foundBy, step } from '../testing/found-by.ts';

it('unknown-rule tells of a comment that silences nothing', () => {
  const text = step('run: x  # switchyard: ignore scirpt-injection, unknown-shell because');
  expect(foundBy('unknown-rule', text)).toEqual(['6:17 warning There is no rule scirpt-injection.']);
});

it('unknown-rule says nothing of rules that exist', () => {
  expect(foundBy('unknown-rule', step('run: x  # switchyard: ignore script-injection because'))).toEqual([]);
});
