import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { OutsideError } from '../../common/errors.ts';
import type { AutoscalingRunnerSet } from '../resources/autoscaling-runner-set.ts';
import type { EphemeralRunnerSet } from '../resources/ephemeral-runner-set.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import type { ScaleSetStandIn } from '../testing/scale-set-stand-in.ts';

const POLL = { timeout: 10_000, interval: 5 };

describe('a scale set', { timeout: 30_000 }, () => {
  let clock: ManualClock;
  let fleet: FleetUnderTest;
  let service: ScaleSetStandIn;
  beforeEach(async () => {
    clock = new ManualClock();
    fleet = await FleetUnderTest.withFake(clock);
    service = fleet.github.scaleSets;
  });
  afterEach(() => fleet.close());

  const key = { namespace: 'default', name: 'arc' };
  const set = () => fleet.store.find({ plural: 'autoscalingrunnersets', ...key }) as AutoscalingRunnerSet | undefined;
  const runnerSet = () => fleet.store.find({ plural: 'ephemeralrunnersets', ...key }) as EphemeralRunnerSet | undefined;
  const running = (): string[] => fleet.backend.running();

  async function listening(spec: Parameters<FleetUnderTest['listen']>[1] = {}): Promise<void> {
    fleet.listen('arc', spec);
    await expect.poll(() => set()?.status?.phase, POLL).toBe('Running');
    await fleet.controller.settled();
  }

  async function runs(count: number): Promise<string[]> {
    await expect.poll(() => running().length, POLL).toBe(count);
    await fleet.controller.settled();
    expect(running()).toHaveLength(count);
    return running();
  }

  /** The same after as many back-offs as it takes. */
  async function runsAfterRetries(count: number): Promise<void> {
    await expect
      .poll(() => {
        clock.advance(1_000);
        return running().length;
      }, POLL)
      .toBe(count);
  }

  /** The runner ends with the job that it had. */
  function end(name: string): void {
    service.finish(name);
    fleet.backend.exit(name, { code: 0, ranMs: 60_000, output: '' });
  }

  const change = (spec: object): void => {
    const current = set();
    if (current) fleet.store.update('autoscalingrunnersets', { ...current, spec: { ...current.spec, ...spec } });
  };

  it('is made at the service with its name and labels, and its runners stand under one EphemeralRunnerSet', async () => {
    await listening({ minRunners: 1, runnerScaleSetLabels: ['gpu'] });
    const [name = ''] = await runs(1);
    expect([...service.sets.values()]).toMatchObject([{ name: 'arc', labels: [{ name: 'arc' }, { name: 'gpu' }] }]);
    expect(name).toMatch(/^arc-runner-[a-z0-9]{5}$/);
    expect(set()?.metadata.annotations).toMatchObject({
      'runner-scale-set-id': String([...service.sets.keys()][0]),
      'actions.github.com/runner-group-name': 'Default',
    });
    expect(runnerSet()?.metadata).toMatchObject({
      finalizers: ['ephemeralrunnerset.actions.github.com/finalizer'],
      labels: { 'actions.github.com/organization': 'octo', 'actions.github.com/repository': 'app' },
    });
    expect(fleet.ephemeralRunners()[0]).toMatchObject({
      metadata: {
        finalizers: [
          'ephemeralrunner.actions.github.com/finalizer',
          'ephemeralrunner.actions.github.com/runner-registration-finalizer',
        ],
        labels: { 'app.kubernetes.io/part-of': 'gha-runner-scale-set', 'app.kubernetes.io/component': 'runner' },
      },
      status: { phase: 'Pending', ready: true, runnerName: name },
    });
    await expect.poll(() => set()?.status, POLL).toMatchObject({ currentRunners: 1, pendingEphemeralRunners: 1 });
  });

  it('starts from zero for each job and goes back to zero, without any timer (D-27)', async () => {
    await listening();
    service.queue(101);
    service.queue(102);
    const [first = '', second = ''] = await runs(2);
    service.take(first);
    await expect
      .poll(() => fleet.ephemeralRunners().find(({ metadata }) => metadata.name === first)?.status, POLL)
      .toMatchObject({ phase: 'Running', jobRequestId: 101, jobId: 'j101' });
    end(first);
    service.take(second);
    end(second);
    await expect.poll(() => fleet.ephemeralRunners().length, POLL).toBe(0);
    expect(fleet.backend.started).toHaveLength(2);
    expect(service.agents.size).toBe(0);
  });

  it('keeps minRunners idle on top of the jobs, and no more than maxRunners in all (NEW-3)', async () => {
    await listening({ minRunners: 1, maxRunners: 3 });
    await runs(1);
    for (const id of [1, 2, 3, 4, 5]) service.queue(id);
    await runs(3);
    expect(service.count('assigned')).toBe(3);
    for (let done = 1; done <= 5; done++) {
      const [name = ''] = running();
      service.take(name);
      end(name);
      await expect.poll(() => service.count('assigned', 'running', 'available'), POLL).toBe(5 - done);
      await expect.poll(() => running().length, POLL).toBe(Math.min(3, 5 - done + 1));
    }
    await runs(1);
    expect(fleet.backend.started).toHaveLength(6);
  });

  it('changes limits at once, without new statistics', async () => {
    await listening({ minRunners: 3 });
    await runs(3);
    change({ minRunners: 1 });
    await runs(1);
    change({ minRunners: 2 });
    await runs(2);
  });

  it('lets idle runners go and never one with a job, known or not (NEW-5)', async () => {
    await listening({ minRunners: 3 });
    const [known = '', unknown = ''] = await runs(3);
    service.queue(1);
    await runs(4);
    service.take(known);
    await expect.poll(() => runnerSet()?.status?.runningEphemeralRunners, POLL).toBe(1);
    // Gets its job in the moment of its removal.
    service.queue(2);
    await runs(5);
    service.beforeRemoval = ({ name }) => {
      if (name === unknown) service.take(unknown);
    };
    change({ minRunners: 0 });
    await expect.poll(() => running().toSorted(), POLL).toEqual([known, unknown].toSorted());
    await fleet.controller.settled();
    end(unknown);
    end(known);
    await runs(0);
    expect(fleet.backend.started).toHaveLength(5);
  });

  it('replaces idle runners when the spec changes, keeps busy ones, and never stops listening (D-26)', async () => {
    await listening({ minRunners: 1 });
    const [busy = ''] = await runs(1);
    service.queue(1);
    const idle = (await runs(2)).find((name) => name !== busy) ?? '';
    service.take(busy);
    await expect.poll(() => runnerSet()?.status?.runningEphemeralRunners, POLL).toBe(1);
    const session = service.session?.id;
    change({ template: { spec: { containers: [{ name: 'runner', env: [{ name: 'A', value: 'b' }] }] } } });
    await expect.poll(() => running().includes(idle), POLL).toBe(false);
    const after = await runs(2);
    expect(after).toContain(busy);
    expect(service.session?.id).toBe(session);
    expect(fleet.backend.started.at(-1)?.spec.env?.[0]).toEqual({ name: 'A', value: 'b' });
  });

  it('replaces a runner that was killed while idle, at once', async () => {
    await listening({ minRunners: 1 });
    const [name = ''] = await runs(1);
    fleet.backend.exit(name, { signal: 'SIGKILL', ranMs: 60_000, output: '' });
    await expect.poll(() => running().some((other) => other !== name), POLL).toBe(true);
    expect(fleet.events().map(({ reason }) => reason)).toContain('RunnerEnded');
  });

  it('starts nothing in the place of a runner whose job the service still counts', async () => {
    await listening();
    service.mangle = (items) => items.filter(({ messageType }) => messageType !== 'JobCompleted');
    service.queue(1);
    const [name = ''] = await runs(1);
    service.take(name);
    end(name);
    await expect.poll(() => fleet.ephemeralRunners()[0]?.status?.phase, POLL).toBe('Succeeded');
    await fleet.controller.settled();
    expect(running()).toEqual([]);
    // The lost message is made up for by the next quiet poll.
    service.quiet();
    await expect.poll(() => fleet.ephemeralRunners().length, POLL).toBe(0);
    expect(fleet.backend.started).toHaveLength(1);
  });

  it('takes a job whose offer was lost, on the next quiet poll', async () => {
    await listening();
    service.mangle = () => [];
    service.queue(1);
    await fleet.controller.settled();
    service.mangle = (items) => items;
    await expect.poll(() => service.calls.includes('GET /queue'), POLL).toBe(true);
    service.quiet();
    await runs(1);
  });

  it('acknowledges only what is stored: a message whose jobs could not be taken comes again (D-24)', async () => {
    await listening();
    const before = service.calls.length;
    service.failWith = 503;
    service.queue(1);
    await expect.poll(() => service.calls.length, POLL).toBeGreaterThan(before);
    service.failWith = undefined;
    await runsAfterRetries(1);
    await expect.poll(() => service.calls.some((call) => call.startsWith('DELETE /queue')), POLL).toBe(true);
    const calls = service.calls.slice(before);
    const acknowledged = calls.findIndex((call) => call.startsWith('DELETE /queue'));
    expect(calls.findLastIndex((call) => call.endsWith('/acquirejobs'))).toBeLessThan(acknowledged);
  });

  it('backs off after failed starts, pauses after six, then tries one alone (NEW-9, D-23)', async () => {
    fleet.backend.startError = new OutsideError('no such image', { retryable: true });
    await listening({ minRunners: 4 });
    const generated = (): number => service.calls.filter((call) => call.endsWith('generatejitconfig')).length;
    await expect.poll(generated, POLL).toBe(4);
    for (const [round, seconds] of [5, 10, 20, 40, 80].entries()) {
      await expect.poll(() => fleet.ephemeralRunners().length, POLL).toBe(0);
      await fleet.controller.settled();
      clock.advance(seconds * 1_000 - 1_000);
      await fleet.controller.settled();
      expect(generated()).toBe(4 * (round + 1));
      clock.advance(1_000);
      await expect.poll(generated, POLL).toBe(4 * (round + 2));
    }
    await expect.poll(() => fleet.events().map(({ reason }) => reason), POLL).toContain('StartsPaused');
    await expect.poll(() => fleet.ephemeralRunners().length, POLL).toBe(0);
    fleet.backend.startError = undefined;
    clock.advance(300_000);
    await expect.poll(generated, POLL).toBe(25);
    await runs(1);
    // It lives: starts work again.
    clock.advance(32_000);
    await runs(4);
  });

  it('stops with its listener when the runner is outdated, until the spec changes (NEW-11)', async () => {
    await listening({ minRunners: 1 });
    const [name = ''] = await runs(1);
    fleet.backend.exit(name, { code: 7, ranMs: 500, output: 'deprecated' });
    await expect.poll(() => set()?.status?.phase, POLL).toBe('Outdated');
    await expect.poll(() => service.session, POLL).toBeUndefined();
    expect(runnerSet()?.status?.phase).toBe('Outdated');
    expect(fleet.events().map(({ reason }) => reason)).toContain('RunnerOutdated');
    await runs(0);
    change({ template: { spec: { containers: [{ name: 'runner', image: 'runner:new' }] } } });
    await runs(1);
    await expect.poll(() => set()?.status?.phase, POLL).toBe('Running');
  });

  it('takes over a name that a crash left registered for it (NEW-8)', async () => {
    await listening();
    service.beforeRegistration = (name, setId) => {
      service.beforeRegistration = () => undefined;
      service.addAgent(name, setId);
    };
    service.queue(1);
    const [name = ''] = await runs(1);
    expect([...service.agents.values()].map((agent) => agent.name)).toEqual([name]);
  });

  it('gives up a name that a runner of another scale set has, and makes another (NEW-8)', async () => {
    await listening();
    let taken = '';
    service.beforeRegistration = (name) => {
      service.beforeRegistration = () => undefined;
      taken = name;
      service.addAgent(name, 99);
    };
    service.queue(1);
    const [name = ''] = await runs(1);
    expect(name).not.toBe(taken);
    expect(fleet.events().map(({ reason }) => reason)).toContain('RunnerNameTaken');
  });

  it('is deleted with its runners, the busy ones after their jobs, and at the service last (NEW-13)', async () => {
    await listening({ minRunners: 1 });
    service.queue(1);
    const [busy = ''] = await runs(2);
    service.take(busy);
    await expect.poll(() => runnerSet()?.status?.runningEphemeralRunners, POLL).toBe(1);
    fleet.store.delete({ plural: 'autoscalingrunnersets', ...key });
    await expect.poll(running, POLL).toEqual([busy]);
    await expect.poll(() => service.session, POLL).toBeUndefined();
    expect(service.sets.size).toBe(1);
    end(busy);
    await expect.poll(() => service.sets.size, POLL).toBe(0);
    await expect.poll(set, POLL).toBeUndefined();
    expect(runnerSet()).toBeUndefined();
    expect(fleet.ephemeralRunners()).toEqual([]);
  });

  it('goes on after a crash of the fleet: session taken over, runners adopted, none started twice', async () => {
    await listening({ minRunners: 1 });
    service.queue(1);
    const [busy = ''] = await runs(2);
    service.take(busy);
    await fleet.restart();
    service.queue(2);
    await runs(3);
    end(busy);
    await runs(2);
    const names = fleet.backend.started.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(3);
  });

  it('is made anew where the service has lost its data, also when another set has its id now', async () => {
    await listening({ minRunners: 1 });
    const [old = ''] = await runs(1);
    const [id = 0] = service.sets.keys();
    service.sets.clear();
    service.agents.clear();
    service.sets.set(id, { id, name: 'foreign', runnerGroupId: 1, labels: [] });
    service.session = undefined;
    service.quiet();
    await expect
      .poll(() => {
        clock.advance(1_000);
        return [...service.sets.values()].map(({ name }) => name);
      }, POLL)
      .toEqual(['foreign', 'arc']);
    await expect.poll(() => running().length === 1 && !running().includes(old), POLL).toBe(true);
    expect(service.session).toBeDefined();
  });

  it('ends the session that it left behind when the server refuses another, and waits for a foreign one', async () => {
    await listening();
    service.refusesSessions = 'while-known';
    await fleet.restart();
    service.queue(1);
    await runs(1);
    service.refusesSessions = 'always';
    await fleet.restart();
    await expect.poll(() => fleet.events().some(({ reason }) => reason === 'ListenerFailed'), POLL).toBe(true);
    service.refusesSessions = undefined;
    service.queue(2);
    await runsAfterRetries(2);
  });

  it('says why it does not listen where it has no credentials, and deletes at once', async () => {
    fleet.listen('arc', { githubConfigUrl: 'https://github.com/octo/app' });
    await expect
      .poll(() => fleet.events().map(({ message }) => message), POLL)
      .toContain('The fleet has no credentials for https://github.com.');
    expect(set()?.status?.phase).toBe('Pending');
    fleet.store.delete({ plural: 'autoscalingrunnersets', ...key });
    await expect.poll(set, POLL).toBeUndefined();
  });
});
