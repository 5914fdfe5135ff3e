import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';

const POLL = { timeout: 10_000, interval: 5 };

describe('a fleet that ends', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
  });
  afterEach(() => fleet.close());

  const running = (): string[] => fleet.backend.running();

  /** @returns the busy one */
  async function twoRunners(ephemeral = true): Promise<string> {
    fleet.deploy('pool', 2, { repository: 'octo/app', ephemeral });
    await fleet.everyRunner();
    const [busy = ''] = running();
    fleet.github.assign(fleet.github.named(busy).id);
    return busy;
  }

  for (const ephemeral of [true, false]) {
    it(`stops idle runners and lets a busy one go on, when it keeps them (ephemeral: ${ephemeral})`, async () => {
      const busy = await twoRunners(ephemeral);
      await fleet.controller.close({ keepsBusy: true });
      expect(running()).toEqual([busy]);
      expect(fleet.github.runners.size).toBe(ephemeral ? 1 : 2);
    });
  }

  it('stops all of them when it does not', async () => {
    await twoRunners();
    await fleet.controller.close();
    expect(running()).toEqual([]);
  });

  it('lets go on what the server does not answer for', async () => {
    await twoRunners();
    fleet.github.failWith = 'hangs';
    await fleet.controller.close({ keepsBusy: true });
    expect(running()).toHaveLength(2);
  });

  it('keeps busy runners of scale sets likewise, and the next one adopts them', async () => {
    const service = fleet.github.scaleSets;
    fleet.listen('arc', { minRunners: 1 });
    await expect.poll(() => running().length, POLL).toBe(1);
    service.queue(1);
    await expect.poll(() => running().length, POLL).toBe(2);
    const [busy = ''] = running();
    service.take(busy);
    await fleet.controller.close({ keepsBusy: true });
    expect(running()).toEqual([busy]);
    await fleet.restart();
    await expect.poll(() => running().length, POLL).toBe(2);
    expect(running()).toContain(busy);
    expect(fleet.backend.started.filter(({ name }) => name === busy)).toHaveLength(1);
  });
});
