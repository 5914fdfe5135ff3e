import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { LEGACY_VERSION } from '../resources/object.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { SEED_POLICY, SEED_RUNNERS } from '../testing/seed-policy.ts';

const MINUTE = 60_000;

describe('the autoscaler', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock(Date.parse('2023-07-12T00:00:00Z')));
  });
  afterEach(() => fleet.close());

  const events = (reason: string): string[] =>
    fleet
      .events()
      .filter((event) => event.reason === reason && event.involvedObject.kind === 'HorizontalRunnerAutoscaler')
      .map(({ message }) => message);

  /** The seed users' pool of two runners, which are busy. */
  async function busyPool(): Promise<void> {
    fleet.deploy('pool', 2, SEED_RUNNERS);
    await fleet.everyRunner('busy');
    fleet.scaleBy(SEED_POLICY);
    await fleet.controller.settled();
  }

  it('3.11: scales the seed configuration 2, 4, 8, 16 and back', async () => {
    await busyPool();
    const sizes = [fleet.deployment().spec.replicas];
    for (let minute = 1; minute <= 9; minute++) {
      await fleet.everyRunner(minute < 5 ? 'busy' : 'idle');
      await fleet.pass(MINUTE);
      sizes.push(fleet.deployment().spec.replicas);
    }
    expect(sizes).toEqual([4, 8, 16, 16, 16, 16, 16, 8, 4, 2]);
    expect(fleet.backend.running()).toHaveLength(2);
    expect(fleet.autoscaler().status).toMatchObject({
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
    fleet.deploy('pool', 2, SEED_RUNNERS);
    fleet.scaleBy({ ...SEED_POLICY, metrics: [], scaleDownDelaySecondsAfterScaleOut: 0 });
    await fleet.pass(0);
    expect(fleet.deployment().spec.replicas).toBe(2);
    const untilWeekend = Date.parse('2023-07-15T00:00:00+09:00') - fleet.clock.now();
    await fleet.pass(untilWeekend - 1);
    expect(fleet.deployment().spec.replicas).toBe(2);
    await fleet.pass(1);
    expect(fleet.deployment().spec.replicas).toBe(1);
    await fleet.pass(48 * 60 * MINUTE);
    expect(fleet.deployment().spec.replicas).toBe(2);
  });

  it('PRB-6: takes one step per round, also when target and autoscaler change in between', async () => {
    await busyPool();
    for (let second = 0; second < 5; second++) {
      await fleet.everyRunner('busy');
      fleet.change('pool', (spec) => ({ ...spec, selector: { matchLabels: {} } }));
      fleet.store.update('horizontalrunnerautoscalers', {
        ...fleet.autoscaler(),
        metadata: { ...fleet.autoscaler().metadata, annotations: { touched: String(second) } },
      });
      await fleet.pass(10_000);
      expect(fleet.deployment().spec.replicas).toBe(4);
    }
    await fleet.everyRunner('busy');
    await fleet.pass(10_000);
    expect(fleet.deployment().spec.replicas).toBe(8);
  });

  it('makes the same decision after a crash, and not one step more', async () => {
    await busyPool();
    await fleet.everyRunner('busy');
    for (let time = 0; time < 3; time++) {
      await fleet.restart();
      await fleet.pass(10_000);
    }
    expect(fleet.deployment().spec.replicas).toBe(4);
    await fleet.pass(30_000);
    expect(fleet.deployment().spec.replicas).toBe(8);
  });

  it('HRA-1: changes nothing while the server cannot be asked, tells it once, and goes on when it answers', async () => {
    await busyPool();
    await fleet.everyRunner('busy');
    fleet.github.failWith = 403;
    for (let minute = 0; minute < 5; minute++) await fleet.pass(MINUTE);
    expect(fleet.deployment().spec.replicas).toBe(4);
    expect(fleet.autoscaler().status?.problem).toMatch(/^The server cannot be asked which runners are busy: .*403/);
    expect(events('RunnerAutoscalingFailure')).toHaveLength(1);
    fleet.github.failWith = undefined;
    await fleet.pass(MINUTE);
    expect(fleet.deployment().spec.replicas).toBe(8);
    expect(fleet.autoscaler().status?.problem).toBeUndefined();
  });

  it('scales a RunnerSet likewise', async () => {
    const key = { plural: 'runnersets', namespace: 'default', name: 'set' };
    fleet.store.create('runnersets', {
      apiVersion: LEGACY_VERSION,
      kind: 'RunnerSet',
      metadata: { name: 'set', namespace: 'default' },
      spec: { ...SEED_RUNNERS, replicas: 2, serviceName: 'set', template: { metadata: { labels: {} } } },
    });
    await fleet.everyRunner('busy');
    fleet.scaleBy({ ...SEED_POLICY, scaleTargetRef: { kind: 'RunnerSet', name: 'set' } }, 'set');
    await fleet.controller.settled();
    expect(fleet.store.get(key).spec).toMatchObject({ replicas: 4 });
    expect(fleet.backend.running()).toHaveLength(4);
  });

  it('HRA-2: tells once that there is nothing to scale, and begins when it comes', async () => {
    fleet.scaleBy(SEED_POLICY);
    for (let look = 0; look < 5; look++) await fleet.pass(MINUTE);
    const found = fleet.events().filter(({ type }) => type === 'Warning');
    expect(found.map(({ reason, message, count }) => [reason, message, count])).toEqual([
      ['RunnerAutoscalingFailure', 'There is no RunnerDeployment pool to scale.', 1],
    ]);
    expect(fleet.autoscaler().status?.problem).toBe('There is no RunnerDeployment pool to scale.');
    fleet.deploy('pool', 1, SEED_RUNNERS);
    await fleet.controller.settled();
    expect(fleet.backend.running()).toHaveLength(2);
    expect(fleet.autoscaler().status?.problem).toBeUndefined();
  });

  it('TOT-1: refuses what the target rules out, on both objects, and changes nothing', async () => {
    fleet.deploy('pool', 3, SEED_RUNNERS);
    fleet.scaleBy({ ...SEED_POLICY, metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }] });
    await fleet.controller.settled();
    const told = fleet.events().filter((one) => one.reason === 'RunnerAutoscalingFailure');
    expect(told.map(({ involvedObject }) => involvedObject.kind)).toEqual([
      'HorizontalRunnerAutoscaler',
      'RunnerDeployment',
    ]);
    expect(fleet.deployment().spec.replicas).toBe(3);
  });

  it('lets the older of two autoscalers decide, tells the other, and hands over when it goes', async () => {
    fleet.deploy('pool', 1, SEED_RUNNERS);
    const fixed = (replicas: number): AutoscalerSpec => ({
      scaleTargetRef: { name: 'pool' },
      minReplicas: replicas,
      maxReplicas: replicas,
      scaleDownDelaySecondsAfterScaleOut: 0,
    });
    fleet.scaleBy(fixed(2), 'older');
    fleet.scaleBy(fixed(5), 'newer');
    await fleet.controller.settled();
    expect(fleet.deployment().spec.replicas).toBe(2);
    expect(fleet.autoscaler('newer').status?.problem).toBe(
      'RunnerDeployment pool is already scaled by older, which is older.',
    );
    fleet.store.delete({ plural: 'horizontalrunnerautoscalers', namespace: 'default', name: 'older' });
    await fleet.controller.settled();
    expect(fleet.deployment().spec.replicas).toBe(5);
  });
});
