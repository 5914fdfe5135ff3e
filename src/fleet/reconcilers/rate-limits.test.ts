import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { summarizePool } from '../explain/explain-pool.ts';
import { allPoolFacts } from '../explain/pool-facts.ts';
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

  const lists = (): number =>
    fleet.github.calls.filter((call) => call.startsWith('GET') && call.endsWith('/actions/runners')).length;
  const passSlowly = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 10) await fleet.pass(10_000);
  };
  const causes = (): readonly string[] => {
    const { store, demand, backend, controller, clock } = fleet;
    const sources = { store, demand, systemLabels: backend.systemLabels, live: () => controller.facts };
    return allPoolFacts(sources).flatMap((facts) => summarizePool(facts, clock.now()).causes);
  };
  /** The next look finds something new. */
  const toggle = (): void => {
    const [runner] = fleet.github.runners.values();
    if (runner) runner.busy = !runner.busy;
  };

  it('pays nothing for looking at runners of which nothing is new', async () => {
    fleet.github.budget = { limit: 5_000, remaining: 4_000, resetAtMs: fleet.clock.now() + 3_600_000 };
    fleet.deploy('pool', 3);
    await fleet.everyRunner();
    await passSlowly(60);
    const [before, left] = [lists(), fleet.github.budget?.remaining];
    await passSlowly(60);
    expect(lists() - before).toBe(6);
    expect(fleet.github.budget?.remaining).toBe(left);
    expect(causes()).toEqual([]);
  });

  it('pays for the list of runner groups once, and then for nothing but the registration of each runner', async () => {
    const spec = { organization: 'octo', group: 'Builders' };
    fleet.deploy('first', 1, spec);
    await fleet.controller.settled();
    fleet.github.budget = { limit: 5_000, remaining: 4_000, resetAtMs: fleet.clock.now() + 3_600_000 };
    fleet.deploy('pool', 5, spec);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(6);
    expect(fleet.github.budget?.remaining).toBe(3_995);
  });

  it('is asked about runners as rarely as makes its calls last, and explain says so until they do again', async () => {
    fleet.deploy('pool', 3);
    await fleet.everyRunner();
    await passSlowly(60);
    // 20 of 1,020 may be spent on reading, half of that on this: one each six minutes.
    fleet.github.budget = { limit: 5_000, remaining: 1_021, resetAtMs: fleet.clock.now() + 3_600_000 };
    toggle();
    await passSlowly(10);
    const before = lists();
    expect(causes()).toEqual(['observed-rarely']);
    await passSlowly(340);
    expect(lists()).toBe(before);
    fleet.github.budget = { limit: 5_000, remaining: 5_000, resetAtMs: fleet.clock.now() + 3_600_000 };
    await passSlowly(20);
    expect(lists()).toBe(before + 1);
    expect(causes()).toEqual([]);
  });
});
