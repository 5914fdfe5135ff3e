import pc from 'picocolors';
import { expect, it } from 'vitest';
import type { PoolExplanation } from '../../protocol/dashboard/index.ts';
import { poolText } from './pool-text.ts';

const NOW = Date.parse('2023-07-12T00:00:10Z');
const pool: PoolExplanation = {
  kind: 'RunnerDeployment',
  ...{ namespace: 'default', name: 'large', desired: 4, current: 4, idle: 0, busy: 2, starting: 2, leaving: 0 },
  ...{ min: 2, max: 16, queued: 0, scope: { kind: 'enterprise', name: 'all' }, labels: ['self-hosted'] },
  ...{ schedule: [], runners: [] },
  rule: 'The HorizontalRunnerAutoscaler large decides, by PercentageRunnersBusy.',
  reasons: [{ code: 'busy-high', text: '2 of 2 runners were busy, at least 75 %: 2 × 2, rounded up, is 4.' }],
  next: [
    { at: '2023-07-12T00:01:00.000Z', what: 'the next round of PercentageRunnersBusy', desired: null },
    { at: '2023-07-14T15:00:00.000Z', what: 'the schedule sets minReplicas 1 instead of 2', desired: 3 },
  ],
  problems: ['Runners of the pool twin have the same labels, so a job may go to either.'],
  causes: ['same-labels'],
  events: [
    { at: '2023-07-12T00:00:00Z', type: 'Normal', reason: 'SuccessfulRescale', message: '4 are wanted.', count: 2 },
  ],
};
const text = (over: Partial<PoolExplanation>, timeZone: string): string[] =>
  poolText({ ...pool, ...over }, NOW, pc.createColors(false), timeZone);

it('says how many runners there are, why, what is wrong, and what comes next by the reader’s clocks and in UTC', () => {
  expect(text({}, 'Asia/Seoul')).toEqual([
    'pool default/large: 4 runners, 4 wanted (at least 2, at most 16): 2 busy, 2 starting',
    '  The HorizontalRunnerAutoscaler large decides, by PercentageRunnersBusy.',
    '  2 of 2 runners were busy, at least 75 %: 2 × 2, rounded up, is 4.',
    '  ! Runners of the pool twin have the same labels, so a job may go to either.',
    '  Next:',
    '    in 50s, 2023-07-12 09:01 GMT+9 (00:01 UTC): the next round of PercentageRunnersBusy',
    '    in 2d, 2023-07-15 00:00 GMT+9 (2023-07-14 15:00 UTC): the schedule sets minReplicas 1 instead of 2, which makes 3',
    '    2023-07-12T00:00:00Z  SuccessfulRescale: 4 are wanted. (2 times)',
  ]);
});

it('leaves out what there is not, and says UTC once', () => {
  const empty = { reasons: [], problems: [], events: [], min: null, max: null, current: 1, busy: 0, starting: 1 };
  expect(text({ ...empty, next: pool.next.slice(0, 1) }, 'UTC')).toEqual([
    'pool default/large: 1 runner, 4 wanted: 1 starting',
    '  The HorizontalRunnerAutoscaler large decides, by PercentageRunnersBusy.',
    '  Next:',
    '    in 50s, 2023-07-12 00:01 UTC: the next round of PercentageRunnersBusy',
  ]);
});

it('lets nothing from outside steer the terminal', () => {
  expect(text({ problems: ['\u001b[2Jgone'] }, 'UTC').join('\n')).not.toContain('\u001b');
});
