import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { OutsideError } from '../../common/errors.ts';
import { LEGACY_VERSION } from '../resources/object.ts';
import type { Runner } from '../resources/runner.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { lossOf } from './lost-runners.ts';
import { Sightings } from './sightings.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('when a runner is lost', () => {
  const START = 1_000_000;
  const seen = (seen: 'online' | 'offline' | 'gone', looks = 1, sinceMs = START) => ({
    sighting: { seen, looks, sinceMs, wasOnline: false },
  });

  it.each([
    ['never online (1.12)', { wasOnline: false }, { reason: 'RegistrationTimedOut', atMs: START + 10 * MINUTE }],
    ['never online, and seen offline', { ...seen('offline') }, { reason: 'RegistrationTimedOut', seen: 'offline' }],
    ['not started yet', { startedMs: undefined }, undefined],
    ['seen online', { wasOnline: true, ...seen('online') }, undefined],
    ['online before, and not looked at since', { wasOnline: true }, undefined],
    ['offline', { wasOnline: true, ...seen('offline') }, { reason: 'RunnerOffline', atMs: START + 5 * MINUTE }],
    ['gone once', { wasOnline: true, ...seen('gone') }, undefined],
    ['gone twice', { wasOnline: true, ...seen('gone', 2) }, { reason: 'RegistrationGone', atMs: START + 2 * MINUTE }],
    ['gone before it came', { ...seen('gone', 2) }, { reason: 'RegistrationGone', atMs: START + 2 * MINUTE }],
  ])('%s', (_what, given, expected) => {
    const loss = lossOf({ startedMs: START, wasOnline: false, sighting: undefined, ...given });
    if (expected === undefined) expect(loss).toBeUndefined();
    else expect(loss).toMatchObject(expected);
  });

  it('counts from the first look that saw it so, and anew after it was seen otherwise', () => {
    const sightings = new Sightings();
    for (const [second, what] of [
      [0, 'gone'],
      [10, 'offline'],
      [20, 'gone'],
      [30, 'gone'],
    ] as const)
      sightings.note('a', what, second);
    expect(sightings.of('a')).toEqual({ seen: 'gone', sinceMs: 20, looks: 2, wasOnline: false });
  });
});

describe('a Runner that the server does not see', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
  });
  afterEach(() => fleet.close());

  const running = (): string[] => fleet.backend.running();
  const idOf = (name: string): number => fleet.github.named(name).id;

  /** In steps, since the server's answers come between them. */
  const pass = (ms: number, stepMs = 10 * SECOND): Promise<void> => fleet.pass(ms, stepMs);

  async function started(replicas = 1, spec?: Parameters<FleetUnderTest['deploy']>[2]): Promise<string> {
    fleet.deploy('pool', replicas, spec);
    await fleet.controller.settled();
    return running()[0] ?? '';
  }

  async function idle(spec?: Parameters<FleetUnderTest['deploy']>[2]): Promise<string> {
    const name = await started(1, spec);
    fleet.github.online(idOf(name));
    await pass(10 * SECOND);
    expect(fleet.runners()[0]?.status?.phase).toBe('Idle');
    return name;
  }

  it('is replaced when it has not come online in ten minutes, with its last output in the event (U5)', async () => {
    fleet.backend.output = 'could not resolve host';
    const name = await started();
    await pass(9 * MINUTE + 50 * SECOND);
    expect(running()).toEqual([name]);
    await pass(30 * SECOND);
    expect(running()).toHaveLength(1);
    expect(running()).not.toContain(name);
    expect(fleet.runners().map(({ metadata }) => metadata.name)).toEqual(running());
    expect([...fleet.github.runners.values()].map((runner) => runner.name)).toEqual(running());
    const told = fleet.events('RegistrationTimedOut');
    expect(told.map(({ involvedObject }) => involvedObject.kind).sort()).toEqual(['Runner', 'RunnerReplicaSet']);
    expect(told[0]?.message).toMatch(/not seen it online within 10 minutes.*Last output:\ncould not resolve host$/s);
  });

  it('is kept when it comes online in time', async () => {
    const name = await started();
    await pass(9 * MINUTE);
    fleet.github.online(idOf(name));
    await pass(5 * MINUTE);
    expect(running()).toEqual([name]);
  });

  it('is kept when it has come online while the server could not be asked', async () => {
    const name = await started();
    fleet.github.failWith = 503;
    await pass(12 * MINUTE);
    expect(running()).toEqual([name]);
    fleet.github.online(idOf(name));
    fleet.github.failWith = undefined;
    await pass(2 * MINUTE);
    expect(running()).toEqual([name]);
    expect(fleet.events('RegistrationTimedOut')).toEqual([]);
  });

  it('is kept when it gets a job in the very moment it is given up', async () => {
    const name = await started();
    fleet.github.beforeDelete = (id) => fleet.github.assign(id);
    await pass(15 * MINUTE);
    expect(running()).toEqual([name]);
    expect(fleet.events('RegistrationTimedOut')).toEqual([]);
  });

  it('is not stopped on a token that may not remove it (U9)', async () => {
    const name = await started();
    await pass(9 * MINUTE);
    fleet.github.refusesRemoval = true;
    await pass(3 * MINUTE);
    expect(running()).toEqual([name]);
  });

  it('has ten minutes again after a restart of the fleet, which does not know when it was started', async () => {
    const name = await started();
    await pass(9 * MINUTE);
    await fleet.restart();
    await pass(9 * MINUTE);
    expect(running()).toEqual([name]);
    await pass(2 * MINUTE);
    expect(running()).not.toContain(name);
  });

  it('is replaced two minutes after somebody removed its registration', async () => {
    const name = await idle();
    fleet.github.runners.delete(idOf(name));
    await pass(MINUTE);
    expect(running()).toEqual([name]);
    await pass(2 * MINUTE);
    expect(running()).toHaveLength(1);
    expect(running()).not.toContain(name);
    expect(fleet.events('RegistrationGone')[0]?.message).toContain('knows the runner no more');
    expect(fleet.events('FailedStart')).toEqual([]);
  });

  it('may take its time to end after its job, with which its registration goes', async () => {
    const name = await idle();
    const id = idOf(name);
    fleet.github.assign(id);
    fleet.github.finish(id);
    await pass(MINUTE);
    expect(running()).toEqual([name]);
    fleet.backend.exit(name, { code: 0, ranMs: 60_000, output: '' });
    await fleet.controller.settled();
    expect(running()).toHaveLength(1);
    expect(fleet.events('RegistrationGone')).toEqual([]);
  });

  it('is left alone while it was last seen with a job, whatever the server says of it', async () => {
    const name = await idle();
    const runner = fleet.github.named(name);
    fleet.github.assign(runner.id);
    await pass(20 * SECOND);
    runner.status = 'offline';
    await pass(20 * MINUTE, MINUTE);
    fleet.github.runners.delete(runner.id);
    await pass(20 * MINUTE, MINUTE);
    expect(running()).toEqual([name]);
  });

  for (const ephemeral of [true, false]) {
    it(`is replaced when it is offline for five minutes (ephemeral: ${ephemeral})`, async () => {
      const name = await idle({ repository: 'octo/app', ephemeral });
      fleet.github.named(name).status = 'offline';
      await pass(4 * MINUTE + 40 * SECOND);
      expect(running()).toEqual([name]);
      await pass(40 * SECOND);
      expect(running()).toHaveLength(1);
      expect(running()).not.toContain(name);
      expect(fleet.events('RunnerOffline')[0]?.message).toContain('for 5 minutes');
      expect(() => fleet.github.named(name)).toThrow();
    });
  }

  it('is kept when it comes back in time, and then has as long again', async () => {
    const name = await idle();
    for (let time = 0; time < 3; time++) {
      fleet.github.named(name).status = 'offline';
      await pass(4 * MINUTE);
      fleet.github.named(name).status = 'online';
      await pass(20 * SECOND);
    }
    expect(running()).toEqual([name]);
  });

  it('is waited for when no set owns it: nobody would replace it', async () => {
    const spec = { repository: 'octo/app' };
    const metadata = { name: 'single', namespace: 'default' };
    fleet.store.create('runners', { apiVersion: LEGACY_VERSION, kind: 'Runner', metadata, spec });
    await fleet.controller.settled();
    fleet.github.online(idOf('single'));
    await pass(10 * SECOND);
    fleet.github.named('single').status = 'offline';
    await pass(20 * MINUTE, MINUTE);
    expect(running()).toEqual(['single']);
  });

  it('and that no set owns has failed when it never came online', async () => {
    const spec = { repository: 'octo/app' };
    const metadata = { name: 'single', namespace: 'default' };
    fleet.store.create('runners', { apiVersion: LEGACY_VERSION, kind: 'Runner', metadata, spec });
    await pass(11 * MINUTE);
    expect(running()).toEqual([]);
    const runner = fleet.store.get({ plural: 'runners', ...metadata }) as Runner;
    expect(runner.status).toMatchObject({ phase: 'Failed', reason: 'RegistrationTimedOut' });
  });
});

describe('starts of Runners that keep failing', { timeout: 30_000 }, () => {
  it('are paused with an event, then tried one alone until it comes online (D-23)', async () => {
    const fleet = await FleetUnderTest.withFake(new ManualClock());
    fleet.backend.startError = new OutsideError('no such image', { retryable: true });
    const registrations = (): number =>
      fleet.github.calls.filter((call) => call.endsWith('/generate-jitconfig')).length;
    fleet.deploy('pool', 3);
    await fleet.controller.settled();
    for (const seconds of [1, 2, 4, 8, 16, 32, 60]) {
      fleet.clock.advance(seconds * SECOND);
      await fleet.controller.settled();
    }
    expect(registrations()).toBe(3 * 8);
    const paused = fleet.events().find(({ reason }) => reason === 'StartsPaused');
    expect(paused).toMatchObject({ message: '8 starts in a row failed. The next one is tried in 5 minutes, alone.' });
    fleet.backend.startError = undefined;
    fleet.clock.advance(4 * MINUTE);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([]);
    fleet.clock.advance(MINUTE);
    await fleet.controller.settled();
    const [first = ''] = fleet.backend.running();
    expect(fleet.backend.running()).toEqual([first]);
    fleet.github.online(fleet.github.named(first).id);
    fleet.clock.advance(10 * SECOND);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(3);
    await fleet.close();
  });
});
