import { expect, test } from 'vitest';
import { eventsPath, readRepository } from './events-path.ts';

test('the repository survives the way through the address', () => {
  expect(readRepository(eventsPath('me/app').slice('/events?'.length))).toBe('me/app');
  expect(eventsPath('')).toBe('/events');
  expect(readRepository('')).toBe('');
});
