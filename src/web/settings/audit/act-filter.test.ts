import { expect, test } from 'vitest';
import { auditPath, readActFilter } from './act-filter.ts';

test('a filter of acts survives the page’s address, and what is empty is not in it', () => {
  const filter = { actor: 'alice & bob', action: 'repo.update_secret', place: 'me/app' };
  expect(readActFilter(auditPath(filter).split('?')[1] ?? '')).toEqual(filter);
  expect(auditPath({ actor: '', action: '', place: 'me' })).toBe('/settings/audit?place=me');
  expect(auditPath({ actor: '', action: '', place: '' })).toBe('/settings/audit');
  expect(readActFilter('?actor=%20&other=1')).toEqual({ actor: '', action: '', place: '' });
});
