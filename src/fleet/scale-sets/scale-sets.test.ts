import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { POLL, ScaleSetUnderTest } from '../testing/scale-set-under-test.ts';

describe('a scale set', { timeout: 30_000 }, () => {
  let arc: ScaleSetUnderTest;
  beforeEach(async () => {
    arc = await ScaleSetUnderTest.start(new ManualClock());
  });
  afterEach(() => arc.close());

  it('is made at the service with its name and labels, and its runners stand under one EphemeralRunnerSet', async () => {
    await arc.listening({ minRunners: 1, runnerScaleSetLabels: ['gpu'] });
    const [name = ''] = await arc.runs(1);
    expect([...arc.service.sets.values()]).toMatchObject([{ name: 'arc', labels: [{ name: 'arc' }, { name: 'gpu' }] }]);
    expect(name).toMatch(/^arc-runner-[a-z0-9]{5}$/);
    expect(arc.set()?.metadata.annotations).toMatchObject({
      'runner-scale-set-id': String([...arc.service.sets.keys()][0]),
      'actions.github.com/runner-group-name': 'Default',
    });
    expect(arc.runnerSet()?.metadata).toMatchObject({
      finalizers: ['ephemeralrunnerset.actions.github.com/finalizer'],
      labels: { 'actions.github.com/organization': 'octo', 'actions.github.com/repository': 'app' },
    });
    expect(arc.fleet.ephemeralRunners()[0]).toMatchObject({
      metadata: {
        finalizers: [
          'ephemeralrunner.actions.github.com/finalizer',
          'ephemeralrunner.actions.github.com/runner-registration-finalizer',
        ],
        labels: { 'app.kubernetes.io/part-of': 'gha-runner-scale-set', 'app.kubernetes.io/component': 'runner' },
      },
      status: { phase: 'Pending', ready: true, runnerName: name },
    });
    await expect.poll(() => arc.set()?.status, POLL).toMatchObject({ currentRunners: 1, pendingEphemeralRunners: 1 });
  });

  it('starts from zero for each job and goes back to zero, without any timer (D-27)', async () => {
    await arc.listening();
    arc.service.queue(101);
    arc.service.queue(102);
    const [first = '', second = ''] = await arc.runs(2);
    arc.service.take(first);
    await expect
      .poll(() => arc.fleet.ephemeralRunners().find(({ metadata }) => metadata.name === first)?.status, POLL)
      .toMatchObject({ phase: 'Running', jobRequestId: 101, jobId: 'j101' });
    arc.end(first);
    arc.service.take(second);
    arc.end(second);
    await expect.poll(() => arc.fleet.ephemeralRunners().length, POLL).toBe(0);
    expect(arc.fleet.backend.started).toHaveLength(2);
    expect(arc.service.agents.size).toBe(0);
  });

  it('keeps minRunners idle on top of the jobs, and no more than maxRunners in all (NEW-3)', async () => {
    await arc.listening({ minRunners: 1, maxRunners: 3 });
    await arc.runs(1);
    for (const id of [1, 2, 3, 4, 5]) arc.service.queue(id);
    await arc.runs(3);
    expect(arc.service.count('assigned')).toBe(3);
    for (let done = 1; done <= 5; done++) {
      const [name = ''] = arc.running();
      arc.service.take(name);
      arc.end(name);
      await expect.poll(() => arc.service.count('assigned', 'running', 'available'), POLL).toBe(5 - done);
      await expect.poll(() => arc.running().length, POLL).toBe(Math.min(3, 5 - done + 1));
    }
    await arc.runs(1);
    expect(arc.fleet.backend.started).toHaveLength(6);
  });

  it('changes limits at once, without new statistics', async () => {
    await arc.listening({ minRunners: 3 });
    await arc.runs(3);
    arc.change({ minRunners: 1 });
    await arc.runs(1);
    arc.change({ minRunners: 2 });
    await arc.runs(2);
  });

  it('lets idle runners go and never one with a job, known or not (NEW-5)', async () => {
    await arc.listening({ minRunners: 3 });
    const [known = '', unknown = ''] = await arc.runs(3);
    arc.service.queue(1);
    await arc.runs(4);
    arc.service.take(known);
    await expect.poll(() => arc.runnerSet()?.status?.runningEphemeralRunners, POLL).toBe(1);
    // Gets its job in the moment of its removal.
    arc.service.queue(2);
    await arc.runs(5);
    arc.service.beforeRemoval = ({ name }) => {
      if (name === unknown) arc.service.take(unknown);
    };
    arc.change({ minRunners: 0 });
    await expect.poll(() => arc.running().toSorted(), POLL).toEqual([known, unknown].toSorted());
    await arc.fleet.controller.settled();
    arc.end(unknown);
    arc.end(known);
    await arc.runs(0);
    expect(arc.fleet.backend.started).toHaveLength(5);
  });

  it('replaces idle runners when the spec changes, keeps busy ones, and never stops listening (D-26)', async () => {
    await arc.listening({ minRunners: 1 });
    const [busy = ''] = await arc.runs(1);
    arc.service.queue(1);
    const idle = (await arc.runs(2)).find((name) => name !== busy) ?? '';
    arc.service.take(busy);
    await expect.poll(() => arc.runnerSet()?.status?.runningEphemeralRunners, POLL).toBe(1);
    const session = arc.service.session?.id;
    arc.change({ template: { spec: { containers: [{ name: 'runner', env: [{ name: 'A', value: 'b' }] }] } } });
    await expect.poll(() => arc.running().includes(idle), POLL).toBe(false);
    const after = await arc.runs(2);
    expect(after).toContain(busy);
    expect(arc.service.session?.id).toBe(session);
    expect(arc.fleet.backend.started.at(-1)?.spec.env?.[0]).toEqual({ name: 'A', value: 'b' });
  });

  it('is deleted with its runners, the busy ones after their jobs, and at the service last (NEW-13)', async () => {
    await arc.listening({ minRunners: 1 });
    arc.service.queue(1);
    const [busy = ''] = await arc.runs(2);
    arc.service.take(busy);
    await expect.poll(() => arc.runnerSet()?.status?.runningEphemeralRunners, POLL).toBe(1);
    arc.delete();
    await expect.poll(() => arc.running(), POLL).toEqual([busy]);
    await expect.poll(() => arc.service.session, POLL).toBeUndefined();
    expect(arc.service.sets.size).toBe(1);
    arc.end(busy);
    await expect.poll(() => arc.service.sets.size, POLL).toBe(0);
    await expect.poll(() => arc.set(), POLL).toBeUndefined();
    expect(arc.runnerSet()).toBeUndefined();
    expect(arc.fleet.ephemeralRunners()).toEqual([]);
  });
});
