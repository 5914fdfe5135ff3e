import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { OutsideError } from '../../common/errors.ts';
import type { PoolExplanation, PoolList } from '../../protocol/dashboard/index.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { SEED_POLICY } from '../testing/seed-policy.ts';
import { PoolHistories } from './pool-history.ts';
import { poolExplanations } from './routes.ts';

const MINUTE = 60_000;
const POOL = { enterprise: 'all', labels: ['t3a.large'] };
const BUSY: AutoscalerSpec = {
  ...SEED_POLICY,
  maxReplicas: 4,
  metrics: [{ type: 'PercentageRunnersBusy', scaleUpFactor: '2' }],
};

describe('the explanation of a pool', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock(Date.parse('2023-07-12T00:00:00Z')));
  });
  afterEach(() => fleet.close());

  async function get<T>(path: string): Promise<T> {
    const { store, demand, backend, controller, clock } = fleet;
    const assignedJobs = controller.facts.assignedJobs.bind(controller.facts);
    const sources = { store, demand, systemLabels: backend.systemLabels, assignedJobs };
    const app = fastify();
    const histories = new PoolHistories(sources, clock);
    await app.register(poolExplanations(sources, histories, clock));
    const response = await app.inject(`/explain/pools${path}`);
    await app.close();
    await histories.close();
    return response.json();
  }

  const explain = (name = 'pool'): Promise<PoolExplanation> => get(`/default/${name}`);

  it('counts runners by what they do, and names rule, reasons, and what comes next', async () => {
    fleet.deploy('pool', 2, POOL);
    await fleet.everyRunner('busy');
    fleet.scaleBy(BUSY);
    await fleet.controller.settled();
    expect(await explain()).toMatchObject({
      kind: 'RunnerDeployment',
      ...{ namespace: 'default', name: 'pool', desired: 4, current: 4, busy: 2, idle: 0, starting: 2, leaving: 0 },
      ...{ min: 2, max: 4 },
      rule: 'The HorizontalRunnerAutoscaler pool decides, by PercentageRunnersBusy and 1 scheduled override.',
      reasons: [{ code: 'busy-high', text: '2 of 2 runners were busy, at least 80 %: 2 × 2, rounded up, is 4.' }],
      next: [
        { at: '2023-07-12T00:01:00.000Z', what: 'the next round of PercentageRunnersBusy', desired: null },
        {
          at: '2023-07-14T15:00:00.000Z',
          what: 'the schedule sets minReplicas 1 instead of 2 (at 2023-07-15 00:00 +09:00)',
          desired: 4,
        },
      ],
      problems: [],
      ...{ queued: 0, scope: { kind: 'enterprise', name: 'all' } },
      schedule: [
        {
          start: '2023-07-15T00:00:00+09:00',
          end: '2023-07-17T00:00:00+09:00',
          ...{ min: 1, max: null, repeats: 'Weekly', until: null, timeZone: null, isActive: false },
        },
      ],
    });
    expect((await explain()).labels).toEqual([...fleet.backend.systemLabels, 't3a.large']);
    expect((await explain()).runners.map(({ state }) => state).sort()).toEqual([
      ...['busy', 'busy', 'starting', 'starting'],
    ]);
    expect((await explain()).events.map(({ reason }) => reason)).toEqual(['SuccessfulRescale']);
  });

  it('shows the bounds that a scheduled override has set for now', async () => {
    fleet.clock.advance(3 * 24 * 60 * MINUTE);
    fleet.deploy('pool', 2, POOL);
    fleet.scaleBy(BUSY);
    await fleet.controller.settled();
    expect(await explain()).toMatchObject({ min: 1, max: 4 });
  });

  it('says that nothing scales a deployment without an autoscaler', async () => {
    fleet.deploy('pool', 1, POOL);
    await fleet.controller.settled();
    const { rule, reasons, min, max } = await explain();
    expect([rule, reasons, min, max]).toEqual([
      'The RunnerDeployment pool says itself how many runners there are.',
      [{ code: 'fixed', text: 'It asks for 1 runner, and no autoscaler changes that.' }],
      null,
      null,
    ]);
  });

  it('tells an autoscaler that does nothing', async () => {
    fleet.deploy('pool', 1, POOL);
    fleet.scaleBy({ ...BUSY, metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }] });
    await fleet.controller.settled();
    expect((await explain()).problems).toEqual([
      'The HorizontalRunnerAutoscaler pool does nothing: TotalNumberOfQueuedAndInProgressWorkflowRuns is not supported for runners of an enterprise',
    ]);
  });

  it('tells starts that fail, by the newest warning, until they have not failed for ten minutes', async () => {
    fleet.backend.startError = new OutsideError('The image cannot be pulled.', { retryable: true });
    fleet.deploy('pool', 1, POOL);
    await fleet.pass(MINUTE);
    expect((await explain()).problems[0]).toMatch(/^FailedStart at 2023-07-12T00:0.*: The image cannot be pulled\.$/);
    fleet.backend.startError = undefined;
    await fleet.pass(2 * MINUTE);
    await fleet.everyRunner();
    await fleet.pass(11 * MINUTE);
    expect((await explain()).problems).toEqual([]);
  });

  it('tells runners that the server never saw', async () => {
    fleet.deploy('pool', 2, POOL);
    await fleet.controller.settled();
    await fleet.pass(11 * MINUTE);
    expect((await explain()).problems[0]).toMatch(
      /^RegistrationTimedOut at \S+: The runner was started, but the server has not seen it online within 10 minutes\./,
    );
  });

  it('tells jobs that wait because of the maximum, and jobs that wait though runners are idle', async () => {
    fleet.deploy('pool', 2, POOL);
    fleet.scaleBy({ ...BUSY, maxReplicas: 2 });
    fleet.demand.queue(3, { labels: ['t3a.large'] });
    await fleet.controller.settled();
    expect((await explain()).problems).toEqual(['3 queued jobs wait, and the maximum of 2 runners is reached.']);
    await fleet.everyRunner();
    await fleet.pass(10_000);
    await expect.poll(async () => (await explain()).idle).toBe(2);
    expect((await explain()).problems).toEqual([
      '3 queued jobs wait though 2 runners of this pool are idle: the server says why (switchyard explain RUN).',
    ]);
  });

  it('tells another pool whose runners take the same jobs (D-6)', async () => {
    fleet.deploy('pool', 0, POOL);
    fleet.deploy('twin', 0, { enterprise: 'all', labels: ['T3A.large'] });
    fleet.deploy('other', 0, { enterprise: 'all', labels: ['gpu'] });
    await fleet.controller.settled();
    expect((await explain()).problems).toEqual([
      'Runners of the pool twin have the same labels, so a job may go to either.',
    ]);
  });

  it('explains a scale set by the jobs that are assigned to it', async () => {
    fleet.listen('set', { minRunners: 1, maxRunners: 3 });
    await fleet.controller.settled();
    await expect.poll(async () => (await explain('set')).desired).toBe(1);
    expect(await explain('set')).toMatchObject({
      ...{ kind: 'AutoscalingRunnerSet', min: 1, max: 3 },
      rule: 'The scale set has a runner for each job that is assigned to it.',
      reasons: [{ code: 'assigned-jobs', text: 'The scale set has 0 assigned jobs, and keeps 1 idle for more.' }],
    });
  });

  it('says which scheduled override is in force', async () => {
    fleet.clock.advance(Date.parse('2023-07-15T12:00:00+09:00') - fleet.clock.now());
    fleet.deploy('pool', 1, POOL);
    fleet.scaleBy(BUSY);
    await fleet.controller.settled();
    expect((await explain()).schedule).toMatchObject([{ isActive: true }]);
  });

  it('lists every pool, by name, with what it waits for', async () => {
    fleet.deploy('pool', 0, POOL);
    fleet.listen('beyond', { maxRunners: 3 });
    fleet.demand.queue(2, { labels: ['t3a.large'] });
    await fleet.controller.settled();
    await expect
      .poll(() => fleet.controller.facts.assignedJobs(fleet.store.list('autoscalingrunnersets')[0]?.metadata.uid ?? ''))
      .toBe(0);
    const { pools } = await get<PoolList>('');
    expect(pools).toMatchObject([
      { kind: 'AutoscalingRunnerSet', name: 'beyond', labels: ['beyond'], queued: 0, max: 3 },
      { kind: 'RunnerDeployment', name: 'pool', queued: 2, causes: ['fixed-size'] },
    ]);
    expect(pools[0]?.scope).toEqual({ kind: 'repository', name: 'octo/app' });
  });

  it('knows no pool of another name', async () => {
    expect(await explain('nobody')).toMatchObject({ code: 'not-found' });
  });
});
