import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';

describe('a server that limits how often it is asked', () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
  });
  afterEach(() => fleet.close());

  it('is left alone until the limit ends, and then asked for all that was refused', async () => {
    const headers = { 'retry-after': '120' };
    fleet.github.failWith = { status: 429, body: { message: 'not so fast' }, headers };
    fleet.deploy('pool', 30);
    await fleet.controller.settled();
    fleet.github.failWith = undefined;
    const asked = fleet.github.calls.length;
    for (let second = 0; second < 115; second += 5) await fleet.pass(5_000);
    expect(fleet.github.calls.length - asked).toBe(0);
    expect(fleet.backend.running()).toEqual([]);
    for (let second = 0; second < 120; second += 5) await fleet.pass(5_000);
    expect(fleet.backend.running()).toHaveLength(30);
  });
});
