import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { annotation, type Runner } from '../resources/runner.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';

describe('the controller', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
  });
  afterEach(() => fleet.close());

  const names = (): string[] => fleet.runners().map(({ metadata }) => metadata.name);
  const idOf = (name: string): number => fleet.github.named(name).id;

  async function deployed(replicas: number, spec?: Parameters<FleetUnderTest['deploy']>[2]): Promise<string[]> {
    fleet.deploy('pool', replicas, spec);
    await fleet.everyRunner();
    await looked();
    return names();
  }

  /** The observer has seen the server. */
  async function looked(): Promise<void> {
    const lists = () =>
      fleet.github.calls.filter((call) => call.startsWith('GET') && call.endsWith('/actions/runners'));
    const before = lists().length;
    fleet.clock.advance(10_000);
    await expect.poll(() => lists().length, { timeout: 10_000 }).toBeGreaterThan(before);
    await expect
      .poll(() => fleet.runners().every(({ status }) => status?.phase !== 'Registering'), { timeout: 10_000 })
      .toBe(true);
    await fleet.controller.settled();
  }

  function finishJob(name: string): void {
    fleet.github.finish(idOf(name));
    fleet.backend.exit(name, { code: 0, ranMs: 60_000, output: '' });
  }

  it('makes replicas many runners, named and labelled as ARC does, and shows them as idle', async () => {
    const [first = ''] = await deployed(2, { repository: 'octo/app', labels: ['gpu', 'linux'] });
    expect(first).toMatch(/^pool-[a-z0-9]{5}-[a-z0-9]{5}$/);
    expect(fleet.backend.running()).toHaveLength(2);
    const labels = fleet.github.named(first).labels.map(({ name }) => name);
    expect(labels).toEqual(['self-hosted', 'Linux', 'X64', 'gpu']);
    expect(fleet.runners().map(({ status }) => status?.phase)).toEqual(['Idle', 'Idle']);
    expect(fleet.runners()[0]?.metadata.labels?.['runner-deployment-name']).toBe('pool');
    expect(fleet.deployment().status).toEqual({
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
      readyReplicas: 2,
      desiredReplicas: 2,
    });
  });

  it('replaces a runner that did its job, without waiting for any timer', async () => {
    const [first = '', second = ''] = await deployed(2);
    fleet.github.assign(idOf(first));
    finishJob(first);
    await fleet.controller.settled();
    expect(names()).toHaveLength(2);
    expect(names()).toContain(second);
    expect(names()).not.toContain(first);
    expect(fleet.backend.running().sort()).toEqual(names().sort());
  });

  it('replaces a runner that died in the middle of its job, and leaves the job to the server', async () => {
    const [first = ''] = await deployed(1);
    fleet.github.assign(idOf(first));
    fleet.backend.exit(first, { signal: 'SIGKILL', ranMs: 5_000, output: '' });
    await fleet.controller.settled();
    expect(names()).toHaveLength(1);
    expect(names()).not.toContain(first);
    expect(fleet.github.named(first).busy).toBe(true);
    expect(fleet.events().map(({ reason, message }) => `${reason}: ${message}`)).toContain(
      'RunnerEnded: The runner ended (killed by SIGKILL) while it had a job.',
    );
  });

  it('replaces an idle runner that was killed at once, however often', async () => {
    await deployed(1);
    for (let time = 0; time < 5; time++) {
      const [name = ''] = fleet.backend.running();
      fleet.github.online(idOf(name));
      await looked();
      fleet.backend.exit(name, { signal: 'SIGKILL', ranMs: 1_000, output: '' });
      await fleet.controller.settled();
      expect(fleet.backend.running()).toHaveLength(1);
    }
  });

  it('lets idle runners go before busy ones (D-10)', async () => {
    const [oldest = '', middle = '', newest = ''] = await deployed(3);
    fleet.github.assign(idOf(newest));
    fleet.github.assign(idOf(oldest));
    fleet.change('pool', (spec) => ({ ...spec, replicas: 2 }));
    await fleet.controller.settled();
    expect(names().sort()).toEqual([oldest, newest].sort());
    expect(fleet.backend.running()).not.toContain(middle);
  });

  it('lets a busy surplus runner finish its job and does not replace it (U11)', async () => {
    const [first = ''] = await deployed(1);
    fleet.github.assign(idOf(first));
    fleet.change('pool', (spec) => ({ ...spec, replicas: 0 }));
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([first]);
    expect(fleet.runners()[0]?.metadata.annotations?.[annotation.unregistrationFailure]).toContain('busy');
    finishJob(first);
    await fleet.controller.settled();
    expect(names()).toEqual([]);
    expect(fleet.backend.running()).toEqual([]);
  });

  it('does not stop a runner that got a job in the very moment of its removal', async () => {
    const [first = ''] = await deployed(1);
    fleet.github.beforeDelete = (id) => fleet.github.assign(id);
    fleet.change('pool', (spec) => ({ ...spec, replicas: 0 }));
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([first]);
  });

  it('asks again for a runner that was busy, once it is seen idle', async () => {
    const [first = ''] = await deployed(1, { repository: 'octo/app', ephemeral: false });
    fleet.github.assign(idOf(first));
    fleet.change('pool', (spec) => ({ ...spec, replicas: 0 }));
    await fleet.controller.settled();
    fleet.github.finish(idOf(first));
    await looked();
    await expect.poll(() => fleet.backend.running(), { timeout: 10_000 }).toEqual([]);
    await fleet.controller.settled();
    expect(names()).toEqual([]);
  });

  it('drains all runners of a deleted deployment, the busy one after its job', async () => {
    const [busy = ''] = await deployed(2);
    fleet.github.assign(idOf(busy));
    fleet.store.delete({ plural: 'runnerdeployments', namespace: 'default', name: 'pool' });
    await fleet.controller.settled();
    expect(names()).toEqual([busy]);
    finishJob(busy);
    await fleet.controller.settled();
    expect(names()).toEqual([]);
    expect(fleet.store.list('runnerreplicasets')).toEqual([]);
  });

  it('rolls a changed template: the old runners stay until the new ones are ready (RD-3, RD-6)', async () => {
    const old = await deployed(2);
    fleet.change('pool', (spec) => ({ ...spec, template: { spec: { repository: 'octo/app', labels: ['v2'] } } }));
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(4);
    expect(fleet.deployment().status).toMatchObject({ replicas: 4, updatedReplicas: 2 });
    for (const { id } of fleet.github.runners.values()) fleet.github.online(id);
    await looked();
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(2);
    expect(names().some((name) => old.includes(name))).toBe(false);
    expect(fleet.store.list('runnerreplicasets')).toHaveLength(1);
    expect(fleet.events().map(({ reason }) => reason)).toContain('RunnerReplicaSetDeleted');
  });

  it('backs off after failed starts instead of spinning, and says why', async () => {
    fleet.deploy('pool', 1);
    for (let start = 0; start < 4; start++) {
      await fleet.controller.settled();
      const [name = ''] = fleet.backend.running();
      if (name) fleet.backend.exit(name, { code: 3, ranMs: 100, output: 'no such host' });
    }
    await fleet.controller.settled();
    expect(fleet.backend.started).toHaveLength(1);
    fleet.clock.advance(1_000);
    await fleet.controller.settled();
    expect(fleet.backend.started).toHaveLength(2);
    const failure = fleet.events().find(({ involvedObject }) => involvedObject.kind === 'RunnerReplicaSet');
    expect(failure).toMatchObject({ type: 'Warning', reason: 'FailedStart' });
    expect(failure?.message).toContain('exit code 3');
    expect(failure?.message).toContain('no such host');
  });

  it('waits with an event while the server refuses to register, and goes on when it does not', async () => {
    fleet.github.failWith = 503;
    fleet.deploy('pool', 1);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([]);
    expect(fleet.events()[0]).toMatchObject({ type: 'Warning', reason: 'FailedUpdateRegistrationToken', count: 1 });
    fleet.github.failWith = undefined;
    fleet.clock.advance(1_000);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(1);
  });

  it('takes over a name that a crash left registered', async () => {
    fleet.github.failWith = 503;
    fleet.deploy('pool', 1);
    await fleet.controller.settled();
    fleet.github.failWith = undefined;
    const [name = ''] = names();
    await fetch(`${fleet.github.url}/api/v3/repos/octo/app/actions/runners/generate-jitconfig`, {
      method: 'POST',
      headers: { authorization: 'Bearer stand-in-token' },
      body: JSON.stringify({ name, runner_group_id: 1, labels: ['stale'] }),
    });
    fleet.clock.advance(1_000);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([name]);
  });

  it('resumes a lasting runner under the same registration when its process ends', async () => {
    const [name = ''] = await deployed(1, { organization: 'octo', ephemeral: false });
    const { id } = fleet.github.named(name);
    fleet.backend.exit(name, { signal: 'SIGKILL', ranMs: 60_000, output: '' });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([name]);
    expect(fleet.backend.started.at(-1)).toMatchObject({ name, jitConfig: undefined });
    expect(fleet.github.named(name).id).toBe(id);
  });

  it('registers a lasting runner anew when the server forgot it', async () => {
    const [name = ''] = await deployed(1, { organization: 'octo', ephemeral: false });
    const { id } = fleet.github.named(name);
    fleet.github.runners.delete(id);
    fleet.backend.exit(name, { code: 1, ranMs: 60_000, output: '' });
    await fleet.controller.settled();
    // It was online before, so the first try is with the old key; that one ends unseen.
    fleet.backend.exit(name, { code: 1, ranMs: 100, output: 'unauthorized' });
    await fleet.controller.settled();
    expect(fleet.github.named(name).id).not.toBe(id);
    expect(fleet.backend.running()).toEqual([name]);
  });

  it('registers in the named group', async () => {
    const [name = ''] = await deployed(1, { organization: 'octo', group: 'builders' });
    expect(fleet.github.named(name).runner_group_id).toBe(7);
  });

  it('keeps a Runner that no set owns after its job, as Succeeded', async () => {
    const spec = { enterprise: 'acme' };
    fleet.store.create('runners', {
      apiVersion: 'actions.summerwind.dev/v1alpha1',
      kind: 'Runner',
      metadata: { name: 'single', namespace: 'default' },
      spec,
    });
    await fleet.controller.settled();
    fleet.github.online(idOf('single'));
    finishJob('single');
    await fleet.controller.settled();
    const runner = fleet.store.get({ plural: 'runners', namespace: 'default', name: 'single' }) as Runner;
    expect(runner.status).toMatchObject({ phase: 'Succeeded', ready: false });
  });

  it('drains a Runner that somebody annotated, and replaces it', async () => {
    const [name = ''] = await deployed(1);
    const runner = fleet.runners()[0] as Runner;
    const annotations = { ...runner.metadata.annotations, [annotation.unregistrationRequest]: '2026-01-01T00:00:00Z' };
    fleet.store.update('runners', { ...runner, metadata: { ...runner.metadata, annotations } });
    await fleet.controller.settled();
    expect(names()).toHaveLength(1);
    expect(names()).not.toContain(name);
  });

  it('after a crash goes on with the runners that still run', async () => {
    const before = await deployed(2);
    await fleet.restart();
    await fleet.controller.settled();
    expect(names()).toEqual(before);
    expect(fleet.backend.started).toHaveLength(2);
  });

  it('after a crash removes the registrations of runners that ended meanwhile, and replaces them', async () => {
    const [gone = '', alive = ''] = await deployed(2);
    fleet.controller.abandon();
    fleet.backend.exit(gone, { output: '' });
    await fleet.restart();
    await fleet.controller.settled();
    expect(names()).toContain(alive);
    expect(names()).not.toContain(gone);
    expect(() => fleet.github.named(gone)).toThrow();
    expect(fleet.backend.running()).toHaveLength(2);
  });

  it('after a crash replaces a runner of which the backend knows nothing any more', async () => {
    const [gone = '', alive = ''] = await deployed(2);
    fleet.controller.abandon();
    await fleet.backend.remove(gone);
    await fleet.restart();
    await fleet.controller.settled();
    expect(names()).toContain(alive);
    expect(() => fleet.github.named(gone)).toThrow();
    expect(fleet.backend.running()).toHaveLength(2);
    expect(fleet.backend.running()).not.toContain(gone);
  });

  it('leaves a runner that no resource describes to its job, and removes what is left of it', async () => {
    const spec = { repository: 'octo/app' };
    await fleet.backend.start({ name: 'orphan', jitConfig: 'x', keepConfig: false, spec });
    await fleet.restart();
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual(['orphan']);
    expect(fleet.controller.facts.unownedInstances()).toBe(1);
    fleet.backend.exit('orphan', { code: 0, ranMs: 60_000, output: '' });
    await expect.poll(() => fleet.backend.list(), { timeout: 10_000 }).toEqual([]);
    expect(fleet.controller.facts.unownedInstances()).toBe(0);
  });

  it('does not stop a runner that its token may not remove', async () => {
    await deployed(1);
    fleet.github.failWith = 403;
    fleet.change('pool', (spec) => ({ ...spec, replicas: 0 }));
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(1);
  });
});
