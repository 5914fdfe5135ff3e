import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { OutsideError } from '../../common/errors.ts';
import { JobGone, type RunServiceClient } from '../run-service-client.ts';
import { parseTimeSpanMs } from './job-dispatcher.ts';
import { keepLease, renewalDelayMs } from './lease.ts';

const clock = new ManualClock();

/** Answers each renewal with the next of `answers`: a lease of that many ms, or an error. */
function scripted(answers: (number | Error)[]): RunServiceClient {
  const client: Partial<RunServiceClient> = {
    async renew() {
      const answer = answers.shift() ?? new JobGone('the script ended');
      if (answer instanceof Error) throw answer;
      return clock.now() + answer;
    },
  };
  return client as RunServiceClient;
}

describe('keepLease', () => {
  it('renews at a third of the time left, but at least every minute', () => {
    expect([3_000, 90_000, 600_000, -5].map(renewalDelayMs)).toEqual([1_000, 30_000, 60_000, 200]);
  });

  it('survives failures of the server and ends when the job is gone (runner-protocol 4.6)', async () => {
    const down = new OutsideError('down', { retryable: true });
    const answers = [down, 300, down, 300, new JobGone('closed')];
    expect(await keepLease(scripted(answers), clock.now() + 300, clock, new AbortController().signal)).toBe('gone');
    expect(answers).toEqual([]);
  });

  it('gives up a job whose token is refused again and again', async () => {
    const refused = () => new OutsideError('no', { retryable: false, status: 401 });
    const answers = [refused(), refused(), refused(), refused(), refused(), 300];
    expect(await keepLease(scripted(answers), clock.now(), clock, new AbortController().signal)).toBe('gone');
    expect(answers).toEqual([300]);
  });

  it('stops when told to', async () => {
    expect(await keepLease(scripted([]), clock.now() + 60_000, clock, AbortSignal.abort())).toBe('stopped');
  });
});

describe('parseTimeSpanMs', () => {
  it.each([
    ['00:05:00', 300_000],
    ['1.02:03:04.5', 93_784_500],
    ['nonsense', 0],
  ])('reads %s', (text, ms) => {
    expect(parseTimeSpanMs(text)).toBe(ms);
  });
});
