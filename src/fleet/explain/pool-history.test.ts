import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { LEGACY_VERSION } from '../resources/object.ts';
import { ResourceStore } from '../store/resource-store.ts';
import { InMemoryDemand } from '../testing/in-memory-demand.ts';
import { PoolHistories } from './pool-history.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the history of a pool', () => {
  let clock: ManualClock;
  let store: ResourceStore;
  let demand: InMemoryDemand;
  let histories: PoolHistories;
  beforeEach(() => {
    clock = new ManualClock(Date.parse('2023-07-12T00:00:00Z'));
    store = new ResourceStore(':memory:', clock);
    demand = new InMemoryDemand();
    histories = new PoolHistories({ store, demand, systemLabels: [] }, clock);
  });
  afterEach(async () => {
    await histories.close();
    store.close();
  });

  const deploy = (name: string, replicas: number): unknown =>
    store.create('runnerdeployments', {
      apiVersion: LEGACY_VERSION,
      kind: 'RunnerDeployment',
      metadata: { name, namespace: 'default' },
      spec: { replicas, template: { spec: { repository: 'octo/app', labels: ['big'] } } },
    });

  function scale(replicas: number): void {
    const found = store.get({ plural: 'runnerdeployments', namespace: 'default', name: 'pool' });
    store.update('runnerdeployments', { ...found, spec: { ...(found.spec as object), replicas } });
  }

  const history = () => histories.of('default', 'pool');
  const most = (field: 'desired' | 'queued'): number => Math.max(...history().points.map((point) => point[field]));

  it('has no points before it has looked, and begins with the first look', () => {
    deploy('pool', 2);
    expect(history().points).toEqual([]);
    clock.advance(5_000);
    clock.advance(MINUTE);
    const { from, to, points } = history();
    expect([from, to]).toEqual(['2023-07-12T00:00:05.000Z', '2023-07-12T00:01:05.000Z']);
    expect(points).toHaveLength(288);
    expect(points.at(-1)).toEqual({ desired: 2, runners: 0, busy: 0, queued: 0 });
  });

  it('sees changes of resources and of jobs, and holds what stood before until then', () => {
    deploy('pool', 1);
    clock.advance(HOUR);
    demand.queue(3, { labels: ['big'] });
    clock.advance(5_000);
    expect(most('queued')).toBe(3);
    scale(4);
    clock.advance(HOUR);
    const { points } = history();
    expect(points[10]).toMatchObject({ desired: 1, queued: 0 });
    expect(points.at(-1)).toMatchObject({ desired: 4, queued: 3 });
    expect(points.filter(({ desired }) => desired === 4).length).toBeGreaterThan(140);
  });

  it('forgets what is older than a day, but not how it stood when the day began', () => {
    deploy('pool', 7);
    clock.advance(HOUR);
    scale(1);
    clock.advance(23 * HOUR);
    expect(most('desired')).toBe(7);
    clock.advance(2 * HOUR);
    const { from, to, points } = history();
    expect([from, to]).toEqual(['2023-07-12T02:00:00.000Z', '2023-07-13T02:00:00.000Z']);
    expect(points[0]).toMatchObject({ desired: 1 });
    expect(most('desired')).toBe(1);
  });

  it('thins a pool that changes all the time, without losing its peak or how it stands', () => {
    deploy('pool', 0);
    for (let change = 1; change <= 4_000; change++) {
      scale(change === 2_000 ? 99 : change % 2);
      clock.advance(10_000);
    }
    expect(most('desired')).toBe(99);
    scale(5);
    clock.advance(HOUR);
    expect(history().points.at(-1)).toMatchObject({ desired: 5 });
  });

  it('begins anew when the pool was deleted meanwhile', () => {
    deploy('pool', 9);
    clock.advance(HOUR);
    store.delete({ plural: 'runnerdeployments', namespace: 'default', name: 'pool' });
    clock.advance(MINUTE);
    deploy('pool', 1);
    clock.advance(HOUR);
    expect(most('desired')).toBe(1);
  });

  it('looks less often where to look takes long', async () => {
    let spentMs = 0;
    let looks = 0;
    const slow = { now: () => clock.now() + spentMs, after: clock.after.bind(clock) };
    demand.inScope = () => {
      looks++;
      spentMs += 200;
      return { jobs: [] };
    };
    await histories.close();
    histories = new PoolHistories({ store, demand, systemLabels: [] }, slow);
    deploy('pool', 0);
    for (let change = 1; change <= 60; change++) {
      scale(change);
      clock.advance(1_000);
    }
    expect(looks).toBe(3);
  });

  it('looks no more once it is closed', async () => {
    deploy('pool', 1);
    await histories.close();
    clock.advance(HOUR);
    expect(history().points).toEqual([]);
  });
});
