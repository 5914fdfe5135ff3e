import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import type { HorizontalRunnerAutoscaler } from '../resources/horizontal-runner-autoscaler.ts';
import { LEGACY_VERSION, type StoredObject } from '../resources/object.ts';
import type { RunnerDeployment } from '../resources/runner-deployment.ts';
import type { EventObject } from '../store/event-recorder.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { SEED_POLICY } from '../testing/seed-policy.ts';

const MINUTE = 60_000;

/** That of the seed users (fleet-semantics 3.11). */
const POOL = { enterprise: 'all', labels: ['t3a.large'], resources: { limits: { cpu: '2', memory: '4Gi' } } };
const TRIGGER: AutoscalerSpec = {
  scaleTargetRef: { name: 'pool' },
  minReplicas: 0,
  maxReplicas: 5,
  scaleDownDelaySecondsAfterScaleOut: 0,
  scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '30m' }],
};

describe('the autoscaler', { timeout: 30_000 }, () => {
  let clock: ManualClock;
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    clock = new ManualClock(Date.parse('2023-07-12T00:00:00Z'));
    fleet = await FleetUnderTest.withFake(clock);
  });
  afterEach(() => fleet.close());

  const scaleBy = (spec: AutoscalerSpec, name = 'pool'): StoredObject =>
    fleet.store.create('horizontalrunnerautoscalers', {
      apiVersion: LEGACY_VERSION,
      kind: 'HorizontalRunnerAutoscaler',
      metadata: { name, namespace: 'default' },
      spec,
    });
  const autoscaler = (name = 'pool'): HorizontalRunnerAutoscaler =>
    fleet.store.get({
      plural: 'horizontalrunnerautoscalers',
      namespace: 'default',
      name,
    }) as HorizontalRunnerAutoscaler;
  const deployment = (): RunnerDeployment =>
    fleet.store.get({ plural: 'runnerdeployments', namespace: 'default', name: 'pool' }) as RunnerDeployment;
  const events = (reason: string): string[] =>
    (fleet.store.list('events') as EventObject[])
      .filter((event) => event.reason === reason && event.involvedObject.kind === 'HorizontalRunnerAutoscaler')
      .map(({ message }) => message);

  /** All registered runners come online, and get a job or lose it. */
  function everyRunner(work: 'busy' | 'idle'): void {
    for (const runner of fleet.github.runners.values()) {
      fleet.github.online(runner.id);
      if (work === 'busy' && !runner.busy) fleet.github.assign(runner.id);
      if (work === 'idle') runner.busy = false;
    }
  }

  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await fleet.controller.settled();
  }

  it('3.11: scales the seed configuration 2, 4, 8, 16 and back', async () => {
    fleet.deploy('pool', 2, POOL);
    await fleet.controller.settled();
    everyRunner('busy');
    scaleBy(SEED_POLICY);
    await fleet.controller.settled();
    const sizes = [deployment().spec.replicas];
    for (let minute = 1; minute <= 9; minute++) {
      everyRunner(minute < 5 ? 'busy' : 'idle');
      await pass(MINUTE);
      sizes.push(deployment().spec.replicas);
    }
    expect(sizes).toEqual([4, 8, 16, 16, 16, 16, 16, 8, 4, 2]);
    expect(fleet.backend.running()).toHaveLength(2);
    expect(autoscaler().status).toMatchObject({
      desiredReplicas: 2,
      lastSuccessfulScaleOutTime: '2023-07-12T00:02:00Z',
      scheduledOverridesSummary: 'min=1 time=2023-07-14 15:00:00 +0000 UTC',
    });
    expect(events('SuccessfulRescale')).toEqual([
      '4 replicas are wanted. 2 of 2 runners were busy, at least 75 %: 2 × 2, rounded up, is 4.',
      '8 replicas are wanted instead of 4. 4 of 4 runners were busy, at least 75 %: 4 × 2, rounded up, is 8.',
      '16 replicas are wanted instead of 8. 8 of 8 runners were busy, at least 75 %: 8 × 2, rounded up, is 16.',
      '8 replicas are wanted instead of 16. 0 of 16 runners were busy, less than 25 %: 16 × 0.5, rounded down, is 8.',
      '4 replicas are wanted instead of 8. 0 of 8 runners were busy, less than 25 %: 8 × 0.5, rounded down, is 4.',
      '2 replicas are wanted instead of 4. 0 of 4 runners were busy, less than 25 %: 4 × 0.5, rounded down, is 2.',
    ]);
  });

  it('3.9: follows the weekend to the moment, both ways', async () => {
    fleet.deploy('pool', 2, POOL);
    scaleBy({ ...SEED_POLICY, metrics: [], scaleDownDelaySecondsAfterScaleOut: 0 });
    await pass(0);
    expect(deployment().spec.replicas).toBe(2);
    const untilWeekend = Date.parse('2023-07-15T00:00:00+09:00') - clock.now();
    await pass(untilWeekend - 1);
    expect(deployment().spec.replicas).toBe(2);
    await pass(1);
    expect(deployment().spec.replicas).toBe(1);
    await pass(48 * 60 * MINUTE);
    expect(deployment().spec.replicas).toBe(2);
  });

  it('PRB-6: takes one step per round, also when target and autoscaler change in between', async () => {
    fleet.deploy('pool', 2, POOL);
    await fleet.controller.settled();
    everyRunner('busy');
    scaleBy(SEED_POLICY);
    await fleet.controller.settled();
    for (let second = 0; second < 5; second++) {
      everyRunner('busy');
      fleet.change('pool', (spec) => ({ ...spec, selector: { matchLabels: {} } }));
      fleet.store.update('horizontalrunnerautoscalers', {
        ...autoscaler(),
        metadata: { ...autoscaler().metadata, annotations: { touched: String(second) } },
      });
      await pass(10_000);
      expect(deployment().spec.replicas).toBe(4);
    }
    everyRunner('busy');
    await pass(10_000);
    expect(deployment().spec.replicas).toBe(8);
  });

  it('makes the same decision after a crash, and not one step more', async () => {
    fleet.deploy('pool', 2, POOL);
    await fleet.controller.settled();
    everyRunner('busy');
    scaleBy(SEED_POLICY);
    await fleet.controller.settled();
    everyRunner('busy');
    for (let time = 0; time < 3; time++) {
      await fleet.restart();
      await pass(10_000);
    }
    expect(deployment().spec.replicas).toBe(4);
    await pass(30_000);
    expect(deployment().spec.replicas).toBe(8);
  });

  it('HRA-1: changes nothing while the server cannot be asked, tells it once, and goes on when it answers', async () => {
    fleet.deploy('pool', 2, POOL);
    await fleet.controller.settled();
    everyRunner('busy');
    scaleBy(SEED_POLICY);
    await fleet.controller.settled();
    everyRunner('busy');
    fleet.github.failWith = 403;
    for (let minute = 0; minute < 5; minute++) await pass(MINUTE);
    expect(deployment().spec.replicas).toBe(4);
    expect(autoscaler().status?.problem).toMatch(/^The server cannot be asked which runners are busy: .*403/);
    expect(events('RunnerAutoscalingFailure')).toHaveLength(1);
    fleet.github.failWith = undefined;
    await pass(MINUTE);
    expect(deployment().spec.replicas).toBe(8);
    expect(autoscaler().status?.problem).toBeUndefined();
  });

  it('D-3: starts one runner from zero the moment a job waits, with PercentageRunnersBusy alone', async () => {
    fleet.deploy('pool', 0, POOL);
    scaleBy({ ...SEED_POLICY, minReplicas: 0, scheduledOverrides: [] });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([]);
    fleet.demand.queue(3, { labels: ['other'] });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([]);
    fleet.demand.queue(3, { labels: ['self-hosted', 'T3A.large'] });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(1);
  });

  it('D-7: reserves a replica per job, releases it with the job, and shows both in the spec', async () => {
    fleet.deploy('pool', 0, POOL);
    scaleBy(TRIGGER);
    await fleet.controller.settled();
    const [first, second] = fleet.demand.queue(2, { labels: ['t3a.large'] });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(2);
    expect(autoscaler().spec.capacityReservations).toEqual([
      {
        name: `job/${first?.id}/1`,
        replicas: 1,
        effectiveTime: '2023-07-12T00:00:00Z',
        expirationTime: '2023-07-12T00:30:00Z',
      },
      {
        name: `job/${second?.id}/1`,
        replicas: 1,
        effectiveTime: '2023-07-12T00:00:00Z',
        expirationTime: '2023-07-12T00:30:00Z',
      },
    ]);
    expect(deployment().spec.effectiveTime).toBe('2023-07-12T00:00:00Z');
    if (first) fleet.demand.end(first);
    await fleet.controller.settled();
    expect(autoscaler().spec.capacityReservations?.map(({ name }) => name)).toEqual([`job/${second?.id}/1`]);
    expect(fleet.backend.running()).toHaveLength(1);
    if (second) fleet.demand.end(second);
    await fleet.controller.settled();
    expect(autoscaler().spec.capacityReservations).toBeUndefined();
    expect(fleet.backend.running()).toEqual([]);
  });

  it('D-7: keeps a reservation of before a restart until its time is over or the demand was compared', async () => {
    fleet.deploy('pool', 0, POOL);
    scaleBy(TRIGGER);
    fleet.demand.queue(1, { labels: ['t3a.large'] });
    await fleet.controller.settled();
    fleet.demand.known = { jobs: [] };
    await fleet.restart();
    await pass(MINUTE);
    expect(fleet.backend.running()).toHaveLength(1);
    fleet.demand.known = { jobs: [], comparedAtMs: clock.now() };
    fleet.demand.set([]);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([]);
  });

  it('WH-7: one job raises one pool', async () => {
    fleet.deploy('pool', 0, POOL);
    fleet.deploy('other', 0, POOL);
    scaleBy(TRIGGER);
    scaleBy({ ...TRIGGER, scaleTargetRef: { name: 'other' } }, 'other');
    fleet.demand.queue(2, { labels: ['t3a.large'] });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(2);
    expect(autoscaler('other').status?.desiredReplicas).toBe(0);
  });

  it('TOT-7: follows the number of jobs at once', async () => {
    fleet.deploy('pool', 1, { repository: 'octo/app' });
    const metrics: AutoscalerSpec['metrics'] = [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }];
    scaleBy({
      scaleTargetRef: { name: 'pool' },
      minReplicas: 1,
      maxReplicas: 4,
      scaleDownDelaySecondsAfterScaleOut: 0,
      metrics,
    });
    const jobs = fleet.demand.queue(6);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(4);
    fleet.demand.end(...jobs.slice(0, 3));
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(3);
  });

  it('scales a RunnerSet likewise', async () => {
    const key = { plural: 'runnersets', namespace: 'default', name: 'set' };
    fleet.store.create('runnersets', {
      apiVersion: LEGACY_VERSION,
      kind: 'RunnerSet',
      metadata: { name: 'set', namespace: 'default' },
      spec: { ...POOL, replicas: 2, serviceName: 'set', template: { metadata: { labels: {} } } },
    });
    await fleet.controller.settled();
    everyRunner('busy');
    scaleBy({ ...SEED_POLICY, scaleTargetRef: { kind: 'RunnerSet', name: 'set' } }, 'set');
    await fleet.controller.settled();
    expect(fleet.store.get(key).spec).toMatchObject({ replicas: 4 });
    expect(fleet.backend.running()).toHaveLength(4);
  });

  it('says whose demand is to be kept current, of those alone that count jobs', async () => {
    fleet.deploy('pool', 2, POOL);
    scaleBy(SEED_POLICY);
    expect(fleet.demand.watched).toEqual([]);
    fleet.deploy('other', 0, { organization: 'octo', labels: ['gpu'] });
    const metrics: AutoscalerSpec['metrics'] = [
      { type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns', repositoryNames: ['app'] },
    ];
    scaleBy({ scaleTargetRef: { name: 'other' }, minReplicas: 0, maxReplicas: 4, metrics }, 'other');
    expect(fleet.demand.watched).toEqual([
      {
        name: 'default/other',
        scope: { kind: 'organization', name: 'octo' },
        labels: ['self-hosted', 'Linux', 'X64', 'gpu'],
        repositories: ['octo/app'],
      },
    ]);
    const before = fleet.demand.watched;
    fleet.change('other', (spec) => ({ ...spec, replicas: 3 }));
    expect(fleet.demand.watched).toBe(before);
    fleet.store.delete({ plural: 'horizontalrunnerautoscalers', namespace: 'default', name: 'other' });
    expect(fleet.demand.watched).toEqual([]);
  });

  it('HRA-2: tells once that there is nothing to scale, and begins when it comes', async () => {
    scaleBy(SEED_POLICY);
    for (let look = 0; look < 5; look++) await pass(MINUTE);
    const found = (fleet.store.list('events') as EventObject[]).filter(({ type }) => type === 'Warning');
    expect(found.map(({ reason, message, count }) => [reason, message, count])).toEqual([
      ['RunnerAutoscalingFailure', 'There is no RunnerDeployment pool to scale.', 1],
    ]);
    expect(autoscaler().status?.problem).toBe('There is no RunnerDeployment pool to scale.');
    fleet.deploy('pool', 1, POOL);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(2);
    expect(autoscaler().status?.problem).toBeUndefined();
  });

  it('TOT-1: refuses what the target rules out, on both objects, and changes nothing', async () => {
    fleet.deploy('pool', 3, POOL);
    scaleBy({ ...SEED_POLICY, metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }] });
    await fleet.controller.settled();
    const told = (fleet.store.list('events') as EventObject[]).filter(
      (one) => one.reason === 'RunnerAutoscalingFailure',
    );
    expect(told.map(({ involvedObject }) => involvedObject.kind)).toEqual([
      'HorizontalRunnerAutoscaler',
      'RunnerDeployment',
    ]);
    expect(deployment().spec.replicas).toBe(3);
  });

  it('lets the older of two autoscalers decide, tells the other, and hands over when it goes', async () => {
    fleet.deploy('pool', 1, POOL);
    const fixed = (replicas: number): AutoscalerSpec => ({
      scaleTargetRef: { name: 'pool' },
      minReplicas: replicas,
      maxReplicas: replicas,
      scaleDownDelaySecondsAfterScaleOut: 0,
    });
    scaleBy(fixed(2), 'older');
    scaleBy(fixed(5), 'newer');
    await fleet.controller.settled();
    expect(deployment().spec.replicas).toBe(2);
    expect(autoscaler('newer').status?.problem).toBe(
      'RunnerDeployment pool is already scaled by older, which is older.',
    );
    fleet.store.delete({ plural: 'horizontalrunnerautoscalers', namespace: 'default', name: 'older' });
    await fleet.controller.settled();
    expect(deployment().spec.replicas).toBe(5);
  });
});
