import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { LEGACY_VERSION } from '../resources/object.ts';
import { annotation } from '../resources/runner.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';

const key = { plural: 'runnersets', namespace: 'default', name: 'set' };

describe('a RunnerSet (fleet-semantics 1.7)', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
    fleet.store.create('runnersets', {
      apiVersion: LEGACY_VERSION,
      kind: 'RunnerSet',
      metadata: { name: 'set', namespace: 'default' },
      spec: {
        repository: 'octo/app',
        labels: ['cached'],
        replicas: 2,
        serviceName: 'set',
        template: {
          metadata: { labels: { app: 'set' } },
          spec: { containers: [{ name: 'runner', env: [{ name: 'A', value: 'b' }] }] },
        },
      },
    });
    await fleet.controller.settled();
  });
  afterEach(() => fleet.close());

  const change = (fields: object): unknown => {
    const set = fleet.store.get(key);
    return fleet.store.update('runnersets', { ...set, spec: { ...(set.spec as object), ...fields } });
  };

  it('keeps its replicas as Runners of its own, with what its pod template says', () => {
    expect(fleet.backend.running()).toHaveLength(2);
    for (const { metadata, spec } of fleet.runners()) {
      expect(metadata.name).toMatch(/^set-[a-z0-9]{5}$/);
      expect(metadata.labels).toMatchObject({ 'runnerset-name': 'set', app: 'set' });
      expect(metadata.ownerReferences).toMatchObject([{ kind: 'RunnerSet', name: 'set', controller: true }]);
      expect(metadata.annotations).toHaveProperty([annotation.syncTime]);
      expect(spec).toEqual({ repository: 'octo/app', labels: ['cached'], env: [{ name: 'A', value: 'b' }] });
    }
    expect(fleet.store.get(key).status).toEqual({
      replicas: 2,
      readyReplicas: 0,
      availableReplicas: 0,
      updatedReplicas: 2,
      desiredReplicas: 2,
    });
  });

  it('follows its replicas, and replaces its runners when the template changes', async () => {
    change({ replicas: 1 });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(1);
    const [before] = fleet.runners();
    change({ labels: ['other'] });
    await fleet.controller.settled();
    const names = fleet.runners().map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(1);
    expect(names).not.toContain(before?.metadata.name);
  });

  it('takes its runners along when it is deleted', async () => {
    fleet.store.delete(key);
    await fleet.controller.settled();
    expect(fleet.runners()).toEqual([]);
    expect(fleet.github.runners.size).toBe(0);
  });
});
