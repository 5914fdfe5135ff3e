import { describe, expect, it } from 'vitest';
import { foundBy, job, runner, wall } from '../testing/found-by.ts';

const on = (labels: string): string => job(`runs-on: ${labels}`, 'steps: [{ run: x }]');
const runners = [runner('box', ['gpu'])];
const found = (labels: string, hasHostedRunners = true): string[] =>
  foundBy('unreachable-labels', on(labels), { runners, hasHostedRunners });

describe('unreachable-labels', () => {
  it('SEM-13.2: tells of labels that no runner has', () => {
    expect(found('[self-hosted, fast]')).toEqual([
      '4:14 error No runner can take the job build (self-hosted, fast). No runner has the label fast. ' +
        'box has all labels but fast.',
    ]);
  });

  it('says nothing of labels that a runner has, whatever the case', () => {
    expect(found('[SELF-hosted, GPU]')).toEqual([]);
  });

  it('only warns without self-hosted: larger runners that GitHub hosts have labels of their own', () => {
    expect(found('big-machine')).toEqual([expect.stringMatching(/^4:14 warning /)]);
  });

  it('knows the labels of runners that GitHub hosts, unless there are none', () => {
    expect(found('ubuntu-24.04')).toEqual([]);
    expect(found('ubuntu-24.04', false)).toEqual([expect.stringMatching(/^4:14 error /)]);
  });

  it('tells of a group that no runner is in', () => {
    expect(found('{ group: big }')).toEqual([expect.stringContaining('(the group big)')]);
  });

  it('SEM-13.4: counts a runner behind a wall as none', () => {
    const walled = [runner('box', ['gpu'], { wall: wall(['gpu']) })];
    expect(foundBy('unreachable-labels', on('self-hosted'), { runners: walled })).toHaveLength(1);
    expect(foundBy('unreachable-labels', on('[self-hosted, gpu]'), { runners: walled })).toEqual([]);
  });

  it('says nothing without a list of runners', () => {
    expect(foundBy('unreachable-labels', on('[self-hosted, fast]'))).toEqual([]);
  });
});
