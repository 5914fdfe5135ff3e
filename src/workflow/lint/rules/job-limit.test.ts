import { describe, expect, it } from 'vitest';
import { foundBy, job, runner } from '../testing/found-by.ts';

const limited = (labels: string, minutes?: string): string =>
  job(`runs-on: ${labels}`, ...(minutes ? [`timeout-minutes: ${minutes}`] : []), 'steps: [{ run: x }]');

describe('job-limit', () => {
  it('SEM-28.7: tells of more than five days on a self-hosted runner', () => {
    expect(foundBy('job-limit', limited('self-hosted', '7201'))).toEqual([
      '5:22 error The job build may take 7201 minutes, but on self-hosted runners a job is ended after 7200.',
    ]);
    expect(foundBy('job-limit', limited('self-hosted', '7200'))).toEqual([]);
  });

  it('SEM-28.7: tells of more than six hours on a runner that GitHub hosts', () => {
    expect(foundBy('job-limit', limited('ubuntu-latest', '361'))).toEqual([expect.stringContaining('after 360.')]);
    expect(foundBy('job-limit', limited('ubuntu-latest', '360'))).toEqual([]);
  });

  it("tells of a job limit above its runner's", () => {
    const runners = [runner('quick', [], { maxJobMinutes: 30 }), runner('slow', [], { maxJobMinutes: 600 })];
    expect(foundBy('job-limit', limited('self-hosted', '60'), { runners })).toEqual([
      '5:22 error The job build may take 60 minutes, longer than quick (30 minutes) lets it.',
    ]);
    expect(foundBy('job-limit', limited('self-hosted', '30'), { runners })).toEqual([]);
  });

  it('only warns where the limit is the default of six hours', () => {
    const runners = [runner('quick', [], { maxJobMinutes: 30 })];
    expect(foundBy('job-limit', limited('self-hosted'), { runners })).toEqual([
      '4:14 warning The job build has no timeout-minutes, so it may take 360 minutes, longer than quick (30 minutes) lets it.',
    ]);
  });

  it('says nothing of a limit that only a run knows', () => {
    expect(foundBy('job-limit', limited('self-hosted', '${{ fromJSON(vars.limit) }}'))).toEqual([]);
  });
});
