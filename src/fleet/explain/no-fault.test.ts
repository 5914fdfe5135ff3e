import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, COUNTING, JOB, SECOND } from '../../../test/support/fault-bench.ts';

describe('what is no fault', { timeout: 30_000 }, () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.start();
  });
  afterEach(() => bench.close());

  it('none is named where nothing is wrong', async () => {
    bench.deploy(1);
    await bench.online();
    expect(bench.pool()?.causes).toEqual([]);
    expect(bench.explanation().cause?.code).toBe('idle-runner');
  });

  it('a hold after a scale-out and a schedule are reasons, not problems', async () => {
    bench.deploy(0);
    const day = { startTime: '2026-03-02T08:00:00Z', endTime: '2026-03-02T18:00:00Z', maxReplicas: 3 };
    bench.scaleBy({ ...COUNTING, scheduledOverrides: [day], scaleDownDelaySecondsAfterScaleOut: 300 });
    const jobs = bench.fleet.demand.queue(2, { labels: JOB.labels });
    await bench.online(true);
    bench.fleet.demand.end(...jobs);
    await bench.fleet.controller.settled();
    expect(bench.pool()).toMatchObject({ desired: 2, causes: [] });
    expect(bench.pool()?.reasons.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['schedule', 'jobs-counted', 'held']),
    );
  });

  it('a trouble is over as soon as it works again', async () => {
    await bench.failing(401);
    expect(bench.pool()?.causes).toEqual(['credentials-refused']);
    bench.fleet.github.failWith = undefined;
    await bench.pass(2 * SECOND);
    expect(bench.pool()?.causes).toEqual([]);
  });
});
