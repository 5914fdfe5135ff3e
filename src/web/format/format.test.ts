import { describe, expect, test } from 'vitest';
import { calledName } from './called.ts';
import { durationMs, formatDuration } from './duration.ts';
import { refName } from './ref.ts';
import { formatRelative } from './relative-time.ts';
import { stateOf } from './state.ts';

describe('a duration', () => {
  test.each([
    [0, '0s'],
    [999, '<1s'],
    [1000, '1s'],
    [59_999, '59s'],
    [60_000, '1m 0s'],
    [3_723_000, '1h 2m 3s'],
    [90_061_000, '1d 1h 1m'],
  ])('of %i ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('counts on while it runs, and is never negative when the clocks differ', () => {
    const now = Date.parse('2026-01-01T00:01:00Z');
    expect(durationMs('2026-01-01T00:00:00Z', null, now)).toBe(60_000);
    expect(durationMs('2026-01-01T00:00:00Z', '2026-01-01T00:00:05Z', now)).toBe(5000);
    expect(durationMs('2026-01-01T00:02:00Z', null, now)).toBe(0);
    expect(durationMs(null, null, now)).toBeNull();
  });
});

describe('a time', () => {
  const now = Date.parse('2026-01-08T12:00:00Z');
  test.each([
    ['2026-01-08T12:00:05Z', 'just now'],
    ['2026-01-08T11:59:35Z', '20 seconds ago'],
    ['2026-01-08T11:58:00Z', '2 minutes ago'],
    ['2026-01-07T11:00:00Z', 'yesterday'],
    ['2025-12-01T12:00:00Z', 'last month'],
  ])('%s reads %s', (at, text) => {
    expect(formatRelative(at, now)).toBe(text);
  });
});

test('a ref is called by its branch or tag', () => {
  expect(refName('refs/heads/feature/x')).toEqual({ kind: 'branch', name: 'feature/x' });
  expect(refName('refs/tags/v1')).toEqual({ kind: 'tag', name: 'v1' });
  expect(refName('refs/pull/3/merge')).toEqual({ kind: 'other', name: 'pull/3/merge' });
});

test('a called workflow is named without what it has in common with the run', () => {
  const run = { repository: 'Me/App', sha: '1f0c5a94e0d1c9b77a1d5b1dbb0d0ce0a2f7b7c1' };
  expect(calledName(`me/app/.github/workflows/x.yml@${run.sha}`, run)).toBe('.github/workflows/x.yml');
  expect(calledName('me/app/.github/workflows/x.yml@v1', run)).toBe('.github/workflows/x.yml@v1');
  expect(calledName(`me/apps/x.yml@${run.sha}`, run)).toBe('me/apps/x.yml@1f0c5a9');
});

test('a job that could not start looks failed, one that waits for its needs looks waiting', () => {
  expect(stateOf({ status: 'completed', conclusion: 'startup_failure' })).toBe('failure');
  expect(stateOf({ status: 'pending', conclusion: null })).toBe('waiting');
});
