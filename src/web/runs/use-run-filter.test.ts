import { expect, test } from 'vitest';
import { readFilter, writeFilter } from './use-run-filter.ts';

test('the filter survives the way through the address', () => {
  const filter = { repository: 'me/app', status: 'failure' } as const;
  expect(readFilter(writeFilter(filter).slice(1))).toEqual(filter);
  expect(writeFilter({ repository: '', status: '' })).toBe('/');
});

test('a status that does not exist is left out', () => {
  expect(readFilter('?status=green')).toEqual({ repository: '', status: '' });
});
