import { expect, it } from 'vitest';
import { foundBy, job } from '../testing/found-by.ts';

it('no-timeout tells of a job on a self-hosted runner that may hang for hours', () => {
  const text = job('runs-on: self-hosted', 'steps: [{ run: x }]');
  expect(foundBy('no-timeout', text)).toEqual(['3:3 notice The job build has no timeout-minutes.']);
});

it.each([
  'runs-on: ubuntu-latest',
  'runs-on: self-hosted\n    timeout-minutes: 5',
])('no-timeout says nothing of %j', (key) => {
  expect(foundBy('no-timeout', job(key, 'steps: [{ run: x }]'))).toEqual([]);
});
