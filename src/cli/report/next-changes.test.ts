import { expect, it } from 'vitest';
import { scheduleCell, whenText } from './next-changes.ts';

it('3.9: shows the time of the SCHEDULE column by the reader’s clocks and in UTC', () => {
  const arc = 'min=1 time=2023-07-14 15:00:00 +0000 UTC';
  expect(scheduleCell(arc, 'Asia/Seoul')).toBe('min=1 time=2023-07-15 00:00 GMT+9 (2023-07-14 15:00 UTC)');
  expect(scheduleCell(arc, 'UTC')).toBe(arc);
  expect(scheduleCell('', 'Asia/Seoul')).toBe('');
});

it('shows it in summer time after the change of clocks, and in winter time before', () => {
  expect(scheduleCell('min=0 time=2024-03-30 23:00:00 +0000 UTC', 'Europe/Berlin')).toBe(
    'min=0 time=2024-03-31 00:00 GMT+1 (2024-03-30 23:00 UTC)',
  );
  expect(scheduleCell('min=2 time=2024-03-31 22:00:00 +0000 UTC', 'Europe/Berlin')).toBe(
    'min=2 time=2024-04-01 00:00 GMT+2 (2024-03-31 22:00 UTC)',
  );
});

it('says how long it is until then', () => {
  const nowMs = Date.parse('2023-07-12T00:00:10Z');
  expect(whenText('2023-07-12T00:01:00Z', nowMs, 'Asia/Seoul')).toBe('in 50s, 2023-07-12 09:01 GMT+9 (00:01 UTC)');
});
