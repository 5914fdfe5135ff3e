import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { SEED_POLICY, SEED_RUNNERS } from '../testing/seed-policy.ts';

const MINUTE = 60_000;
const TRIGGER: AutoscalerSpec = {
  scaleTargetRef: { name: 'pool' },
  minReplicas: 0,
  maxReplicas: 5,
  scaleDownDelaySecondsAfterScaleOut: 0,
  scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '30m' }],
};

describe('the autoscaler and the jobs that wait', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock(Date.parse('2023-07-12T00:00:00Z')));
  });
  afterEach(() => fleet.close());

  it('D-3: starts one runner from zero the moment a job waits, with PercentageRunnersBusy alone', async () => {
    fleet.deploy('pool', 0, SEED_RUNNERS);
    fleet.scaleBy({ ...SEED_POLICY, minReplicas: 0, scheduledOverrides: [] });
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
    fleet.deploy('pool', 0, SEED_RUNNERS);
    fleet.scaleBy(TRIGGER);
    await fleet.controller.settled();
    const [first, second] = fleet.demand.queue(2, { labels: ['t3a.large'] });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(2);
    expect(fleet.autoscaler().spec.capacityReservations).toEqual([
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
    expect(fleet.deployment().spec.effectiveTime).toBe('2023-07-12T00:00:00Z');
    if (first) fleet.demand.end(first);
    await fleet.controller.settled();
    expect(fleet.autoscaler().spec.capacityReservations?.map(({ name }) => name)).toEqual([`job/${second?.id}/1`]);
    expect(fleet.backend.running()).toHaveLength(1);
    if (second) fleet.demand.end(second);
    await fleet.controller.settled();
    expect(fleet.autoscaler().spec.capacityReservations).toBeUndefined();
    expect(fleet.backend.running()).toEqual([]);
  });

  it('D-7: keeps a reservation of before a restart until its time is over or the demand was compared', async () => {
    fleet.deploy('pool', 0, SEED_RUNNERS);
    fleet.scaleBy(TRIGGER);
    fleet.demand.queue(1, { labels: ['t3a.large'] });
    await fleet.controller.settled();
    fleet.demand.known = { jobs: [] };
    await fleet.restart();
    await fleet.pass(MINUTE);
    expect(fleet.backend.running()).toHaveLength(1);
    fleet.demand.known = { jobs: [], comparedAtMs: fleet.clock.now() };
    fleet.demand.set([]);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toEqual([]);
  });

  it('WH-7: one job raises one pool', async () => {
    fleet.deploy('pool', 0, SEED_RUNNERS);
    fleet.deploy('other', 0, SEED_RUNNERS);
    fleet.scaleBy(TRIGGER);
    fleet.scaleBy({ ...TRIGGER, scaleTargetRef: { name: 'other' } }, 'other');
    fleet.demand.queue(2, { labels: ['t3a.large'] });
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(2);
    expect(fleet.autoscaler('other').status?.desiredReplicas).toBe(0);
  });

  it('TOT-7: follows the number of jobs at once', async () => {
    fleet.deploy('pool', 1, { repository: 'octo/app' });
    const metrics: AutoscalerSpec['metrics'] = [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }];
    fleet.scaleBy({
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

  it('D-4: counts by the rule that an annotation names, from the moment that it does', async () => {
    fleet.deploy('pool', 0, SEED_RUNNERS);
    const metrics: AutoscalerSpec['metrics'] = [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }];
    fleet.deploy('app', 0, { repository: 'octo/app', labels: ['gpu'] });
    fleet.scaleBy({ scaleTargetRef: { name: 'app' }, minReplicas: 0, maxReplicas: 4, metrics });
    fleet.demand.queue(1, { labels: ['gpu'] });
    fleet.demand.queue(2, { labels: ['linux', 'GPU'] });
    await fleet.controller.settled();
    expect(fleet.autoscaler().status?.desiredReplicas).toBe(3);
    const { metadata, ...rest } = fleet.autoscaler();
    const annotations = { 'switchyard/label-matching': 'exact-case' };
    const spec = { ...rest.spec, scaleDownDelaySecondsAfterScaleOut: 0 };
    fleet.store.update('horizontalrunnerautoscalers', { ...rest, spec, metadata: { ...metadata, annotations } });
    await fleet.controller.settled();
    expect(fleet.autoscaler().status?.desiredReplicas).toBe(1);
    expect(fleet.autoscaler().status?.reasons?.[0]?.text).toContain('exactly (switchyard/label-matching)');
    const now = fleet.autoscaler();
    fleet.store.update('horizontalrunnerautoscalers', { ...now, metadata: { ...now.metadata, annotations: {} } });
    await fleet.controller.settled();
    expect(fleet.autoscaler().status?.desiredReplicas).toBe(3);
  });

  it('says whose demand is to be kept current, of those alone that count jobs', async () => {
    fleet.deploy('pool', 2, SEED_RUNNERS);
    fleet.scaleBy(SEED_POLICY);
    expect(fleet.demand.watched).toEqual([]);
    fleet.deploy('other', 0, { organization: 'octo', labels: ['gpu'] });
    const metrics: AutoscalerSpec['metrics'] = [
      { type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns', repositoryNames: ['app'] },
    ];
    fleet.scaleBy({ scaleTargetRef: { name: 'other' }, minReplicas: 0, maxReplicas: 4, metrics }, 'other');
    expect(fleet.demand.watched).toMatchObject([
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
});
