import { expect, test } from 'vitest';
import { jobPath, readAttempt, runPath } from './paths.ts';

test('an older attempt is in the address, the newest is not', () => {
  expect(runPath(7)).toBe('/runs/7');
  expect(runPath(7, 2)).toBe('/runs/7?attempt=2');
  expect(jobPath({ id: 3, runId: 7 }, 2, '#step:1')).toBe('/runs/7/jobs/3?attempt=2#step:1');
  expect(readAttempt('attempt=2')).toBe(2);
  expect(readAttempt('')).toBeUndefined();
});

test('an attempt that is no number is left out', () => {
  for (const wrong of ['0', '-1', 'two', '1.5', '1e3', '99999999']) {
    expect(readAttempt(`attempt=${wrong}`), wrong).toBeUndefined();
  }
});
