import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { AutoscalingRunnerSetSpec } from '../resources/autoscaling-runner-set.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import type { ScaleSetStandIn } from '../testing/scale-set-stand-in.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const START = Date.parse('2026-01-01T00:00:00Z');
const POLL = { timeout: 10_000, interval: 5 };

describe('a runner of a scale set that the server does not see', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  let service: ScaleSetStandIn;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
    service = fleet.github.scaleSets;
  });
  afterEach(() => fleet.close());

  const running = (): string[] => fleet.backend.running();
  const agent = (name: string) => {
    const found = [...service.agents.values()].find((one) => one.name === name);
    if (!found) throw new Error(`no agent named ${name}`);
    return found;
  };

  /** In steps, since the server's answers come between them. */
  const pass = (ms: number, stepMs = 10 * SECOND): Promise<void> => fleet.pass(ms, stepMs);

  async function idle(spec: Partial<AutoscalingRunnerSetSpec> = { minRunners: 1 }): Promise<string> {
    fleet.listen('arc', spec);
    await expect.poll(() => running().length, POLL).toBe(spec.minRunners);
    await fleet.controller.settled();
    return running()[0] ?? '';
  }

  const looks = (): number => fleet.github.calls.filter((call) => call.endsWith('/actions/runners')).length;

  it('is replaced when it has not come online in ten minutes, with its last output in the event (U5)', async () => {
    service.comesOnline = false;
    fleet.backend.output = 'certificate has expired';
    const name = await idle();
    await pass(9 * MINUTE + 50 * SECOND);
    expect(running()).toEqual([name]);
    await pass(40 * SECOND);
    await expect.poll(() => running().length === 1 && !running().includes(name), POLL).toBe(true);
    expect([...service.agents.values()].map((one) => one.name)).toEqual(running());
    expect(fleet.events('RegistrationTimedOut')[0]?.message).toMatch(/Last output:\ncertificate has expired$/);
    await expect.poll(() => fleet.ephemeralRunners().length, POLL).toBe(1);
  });

  it('that keep not coming are paused, and one that lives unseen proves nothing (D-23)', async () => {
    service.comesOnline = false;
    await idle({ minRunners: 2 });
    // Six rounds of ten minutes, and their delays.
    for (let minute = 0; minute < 100 && fleet.events('StartsPaused').length === 0; minute++)
      await pass(MINUTE, MINUTE);
    expect(fleet.events('StartsPaused')).not.toEqual([]);
    expect(fleet.clock.now() - START).toBeGreaterThan(60 * MINUTE);
    service.comesOnline = true;
    await expect
      .poll(async () => {
        await pass(MINUTE);
        return running().length;
      }, POLL)
      .toBe(2);
  });

  it('is asked about only when it has waited for long: jobs that are taken at once cost no look', async () => {
    fleet.listen('arc', { minRunners: 0 });
    await expect.poll(() => service.session, POLL).toBeDefined();
    for (let job = 1; job <= 3; job++) {
      service.queue(job);
      await expect.poll(() => running().length, POLL).toBe(1);
      const [name = ''] = running();
      service.take(name);
      await expect.poll(() => fleet.ephemeralRunners()[0]?.status?.jobRequestId, POLL).toBe(job);
      await pass(5 * MINUTE, MINUTE);
      service.finish(name);
      fleet.backend.exit(name, { code: 0, ranMs: MINUTE, output: '' });
      await expect.poll(() => running().length, POLL).toBe(0);
    }
    expect(looks()).toBe(0);
  });

  it('is kept while it is idle and online, with one look a minute', async () => {
    const name = await idle({ minRunners: 1 });
    await pass(30 * MINUTE, 30 * SECOND);
    expect(running()).toEqual([name]);
    expect(looks()).toBeGreaterThan(20);
    expect(looks()).toBeLessThan(32);
  });

  it('is replaced when somebody removed its registration, and its place is not kept for a job it never had', async () => {
    const name = await idle();
    await pass(2 * MINUTE);
    service.agents.delete(agent(name).id);
    await pass(5 * MINUTE);
    expect(fleet.events('RegistrationGone')).not.toEqual([]);
    // Whether it had a job of which no message came is known with the next numbers.
    service.quiet();
    await expect.poll(() => running().length === 1 && !running().includes(name), POLL).toBe(true);
  });

  it('is replaced when it is offline for five minutes, and kept when it comes back', async () => {
    const name = await idle();
    await pass(2 * MINUTE);
    agent(name).status = 'offline';
    await pass(4 * MINUTE);
    agent(name).status = 'online';
    await pass(5 * MINUTE);
    expect(running()).toEqual([name]);
    agent(name).status = 'offline';
    await pass(7 * MINUTE);
    await expect.poll(() => running().length === 1 && !running().includes(name), POLL).toBe(true);
    expect(fleet.events('RunnerOffline')).not.toEqual([]);
  });

  it('is not given up with a job of which no message came', async () => {
    const name = await idle({ minRunners: 1 });
    await pass(2 * MINUTE);
    service.mangle = () => [];
    service.queue(1);
    // Assigned without a word, as after a lost message.
    service.jobs.set(1, 'assigned');
    service.take(name);
    agent(name).status = 'offline';
    await pass(20 * MINUTE, MINUTE);
    expect(running()).toContain(name);
  });

  it('is kept where the server lists no runners of scale sets, but knows them by name', async () => {
    fleet.github.listsScaleSets = false;
    const name = await idle();
    await pass(30 * MINUTE, 30 * SECOND);
    expect(running()).toEqual([name]);
    expect(agent(name)).toBeDefined();
  });

  it('has ten minutes again after a restart of the fleet', async () => {
    service.comesOnline = false;
    const name = await idle();
    await pass(9 * MINUTE);
    await fleet.restart();
    await pass(9 * MINUTE);
    expect(running()).toContain(name);
    await pass(2 * MINUTE);
    expect(running()).not.toContain(name);
  });
});
