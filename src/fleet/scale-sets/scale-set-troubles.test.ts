import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { OutsideError } from '../../common/errors.ts';
import { POLL, ScaleSetUnderTest } from '../testing/scale-set-under-test.ts';

describe('a scale set in trouble', { timeout: 30_000 }, () => {
  let arc: ScaleSetUnderTest;
  beforeEach(async () => {
    arc = await ScaleSetUnderTest.start(new ManualClock());
  });
  afterEach(() => arc.close());

  it('replaces a runner that was killed while idle, at once', async () => {
    await arc.listening({ minRunners: 1 });
    const [name = ''] = await arc.runs(1);
    arc.fleet.backend.exit(name, { signal: 'SIGKILL', ranMs: 60_000, output: '' });
    await expect.poll(() => arc.running().some((other) => other !== name), POLL).toBe(true);
    expect(arc.fleet.events().map(({ reason }) => reason)).toContain('RunnerEnded');
  });

  it('starts nothing in the place of a runner whose job the service still counts', async () => {
    await arc.listening();
    arc.service.mangle = (items) => items.filter(({ messageType }) => messageType !== 'JobCompleted');
    arc.service.queue(1);
    const [name = ''] = await arc.runs(1);
    arc.service.take(name);
    arc.end(name);
    await expect.poll(() => arc.fleet.ephemeralRunners()[0]?.status?.phase, POLL).toBe('Succeeded');
    await arc.fleet.controller.settled();
    expect(arc.running()).toEqual([]);
    // The lost message is made up for by the next quiet poll.
    arc.service.quiet();
    await expect.poll(() => arc.fleet.ephemeralRunners().length, POLL).toBe(0);
    expect(arc.fleet.backend.started).toHaveLength(1);
  });

  it('takes a job whose offer was lost, on the next quiet poll', async () => {
    await arc.listening();
    arc.service.mangle = () => [];
    arc.service.queue(1);
    await arc.fleet.controller.settled();
    arc.service.mangle = (items) => items;
    await expect.poll(() => arc.service.calls.includes('GET /queue'), POLL).toBe(true);
    arc.service.quiet();
    await arc.runs(1);
  });

  it('acknowledges only what is stored: a message whose jobs could not be taken comes again (D-24)', async () => {
    await arc.listening();
    const before = arc.service.calls.length;
    arc.service.failWith = 503;
    arc.service.queue(1);
    await expect.poll(() => arc.service.calls.length, POLL).toBeGreaterThan(before);
    arc.service.failWith = undefined;
    await arc.runsAfterRetries(1);
    await expect.poll(() => arc.service.calls.some((call) => call.startsWith('DELETE /queue')), POLL).toBe(true);
    const calls = arc.service.calls.slice(before);
    const acknowledged = calls.findIndex((call) => call.startsWith('DELETE /queue'));
    expect(calls.findLastIndex((call) => call.endsWith('/acquirejobs'))).toBeLessThan(acknowledged);
  });

  it('backs off after failed starts, pauses after six, then tries one alone (NEW-9, D-23)', async () => {
    arc.fleet.backend.startError = new OutsideError('no such image', { retryable: true });
    await arc.listening({ minRunners: 4 });
    const generated = (): number => arc.service.calls.filter((call) => call.endsWith('generatejitconfig')).length;
    await expect.poll(generated, POLL).toBe(4);
    for (const [round, seconds] of [5, 10, 20, 40, 80].entries()) {
      await expect.poll(() => arc.fleet.ephemeralRunners().length, POLL).toBe(0);
      await arc.fleet.controller.settled();
      arc.fleet.clock.advance(seconds * 1_000 - 1_000);
      await arc.fleet.controller.settled();
      expect(generated()).toBe(4 * (round + 1));
      arc.fleet.clock.advance(1_000);
      await expect.poll(generated, POLL).toBe(4 * (round + 2));
    }
    await expect.poll(() => arc.fleet.events().map(({ reason }) => reason), POLL).toContain('StartsPaused');
    await expect.poll(() => arc.fleet.ephemeralRunners().length, POLL).toBe(0);
    arc.fleet.backend.startError = undefined;
    arc.fleet.clock.advance(300_000);
    await expect.poll(generated, POLL).toBe(25);
    await arc.runs(1);
    // It lives: starts work again.
    arc.fleet.clock.advance(32_000);
    await arc.runs(4);
  });

  it('stops with its listener when the runner is outdated, until the spec changes (NEW-11)', async () => {
    await arc.listening({ minRunners: 1 });
    const [name = ''] = await arc.runs(1);
    arc.fleet.backend.exit(name, { code: 7, ranMs: 500, output: 'deprecated' });
    await expect.poll(() => arc.set()?.status?.phase, POLL).toBe('Outdated');
    await expect.poll(() => arc.service.session, POLL).toBeUndefined();
    expect(arc.runnerSet()?.status?.phase).toBe('Outdated');
    expect(arc.fleet.events().map(({ reason }) => reason)).toContain('RunnerOutdated');
    await arc.runs(0);
    arc.change({ template: { spec: { containers: [{ name: 'runner', image: 'runner:new' }] } } });
    await arc.runs(1);
    await expect.poll(() => arc.set()?.status?.phase, POLL).toBe('Running');
  });

  it('takes over a name that a crash left registered for it (NEW-8)', async () => {
    await arc.listening();
    arc.service.beforeRegistration = (name, setId) => {
      arc.service.beforeRegistration = () => undefined;
      arc.service.addAgent(name, setId);
    };
    arc.service.queue(1);
    const [name = ''] = await arc.runs(1);
    expect([...arc.service.agents.values()].map((agent) => agent.name)).toEqual([name]);
  });

  it('gives up a name that a runner of another scale set has, and makes another (NEW-8)', async () => {
    await arc.listening();
    let taken = '';
    arc.service.beforeRegistration = (name) => {
      arc.service.beforeRegistration = () => undefined;
      taken = name;
      arc.service.addAgent(name, 99);
    };
    arc.service.queue(1);
    const [name = ''] = await arc.runs(1);
    expect(name).not.toBe(taken);
    expect(arc.fleet.events().map(({ reason }) => reason)).toContain('RunnerNameTaken');
  });

  it('goes on after a crash of the fleet: session taken over, runners adopted, none started twice', async () => {
    await arc.listening({ minRunners: 1 });
    arc.service.queue(1);
    const [busy = ''] = await arc.runs(2);
    arc.service.take(busy);
    await arc.fleet.restart();
    arc.service.queue(2);
    await arc.runs(3);
    arc.end(busy);
    await arc.runs(2);
    const names = arc.fleet.backend.started.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(3);
  });

  it('is made anew where the service has lost its data, also when another set has its id now', async () => {
    await arc.listening({ minRunners: 1 });
    const [old = ''] = await arc.runs(1);
    const [id = 0] = arc.service.sets.keys();
    arc.service.sets.clear();
    arc.service.agents.clear();
    arc.service.sets.set(id, { id, name: 'foreign', runnerGroupId: 1, labels: [] });
    arc.service.session = undefined;
    arc.service.quiet();
    await expect
      .poll(() => {
        arc.fleet.clock.advance(1_000);
        return [...arc.service.sets.values()].map(({ name }) => name);
      }, POLL)
      .toEqual(['foreign', 'arc']);
    await expect.poll(() => arc.running().length === 1 && !arc.running().includes(old), POLL).toBe(true);
    expect(arc.service.session).toBeDefined();
  });

  it('ends the session that it left behind when the server refuses another, and waits for a foreign one', async () => {
    await arc.listening();
    arc.service.refusesSessions = 'while-known';
    await arc.fleet.restart();
    arc.service.queue(1);
    await arc.runs(1);
    arc.service.refusesSessions = 'always';
    await arc.fleet.restart();
    await expect.poll(() => arc.fleet.events().some(({ reason }) => reason === 'ListenerFailed'), POLL).toBe(true);
    arc.service.refusesSessions = undefined;
    arc.service.queue(2);
    await arc.runsAfterRetries(2);
  });

  it('says why it does not listen where it has no credentials, and deletes at once', async () => {
    arc.fleet.listen('arc', { githubConfigUrl: 'https://github.com/octo/app' });
    await expect
      .poll(() => arc.fleet.events().map(({ message }) => message), POLL)
      .toContain('The fleet has no credentials for https://github.com.');
    expect(arc.set()?.status?.phase).toBe('Pending');
    arc.delete();
    await expect.poll(() => arc.set(), POLL).toBeUndefined();
  });
});
