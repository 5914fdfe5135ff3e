import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { OutsideError, UserError } from '../../common/errors.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { Troubles } from './troubles.ts';

const POLL = { timeout: 10_000, interval: 5 };
const MINUTE = 60_000;

describe('troubles', () => {
  const object = { apiVersion: 'v1', kind: 'Pool', name: 'p', uid: 'u' };
  const about = { namespace: 'default', object };
  let clock: ManualClock;
  let told: unknown[][];
  let troubles: Troubles;
  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    troubles = new Troubles(clock, { recordFor: (...event) => told.push(event) });
  });

  it('tell once that they are over, with how long they lasted and what they were', () => {
    troubles.failed('start:u', new UserError('no-backend', 'There is no backend "moon".'), about);
    clock.advance(3 * MINUTE);
    troubles.failed('start:u', new UserError('no-backend', 'There is no backend "sun".'), about);
    troubles.worked('start:u');
    troubles.worked('start:u');
    const text = 'It works again after 3 minutes. Before: There is no backend "sun".';
    expect(told).toEqual([[object, 'default', 'Normal', 'StartsWorkAgain', text, 'runner-controller']]);
  });

  it('tell nothing when nobody was told of them, or what they were about is no more', () => {
    troubles.failed('place:x', new OutsideError('no answer', { retryable: true }));
    troubles.failed('start:u', new OutsideError('no answer', { retryable: true }), about);
    troubles.worked('place:x');
    troubles.forget('start:u');
    troubles.worked('start:u');
    expect(told).toEqual([]);
  });
});

describe('the end of a trouble', { timeout: 30_000 }, () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
  });
  afterEach(() => fleet.close());

  /** In steps, since the server's answers come between them. */
  const pass = (ms: number): Promise<void> => fleet.pass(ms, 10_000);

  it('is told of starts on their set, when a runner comes online', async () => {
    fleet.backend.startError = new OutsideError('no such image', { retryable: true });
    fleet.deploy('pool', 1);
    await fleet.controller.settled();
    fleet.backend.startError = undefined;
    await pass(20_000);
    expect(fleet.events('StartsWorkAgain')).toEqual([]);
    for (const { id } of fleet.github.runners.values()) fleet.github.online(id);
    await pass(20_000);
    const message = 'It works again. Before: no such image';
    expect(fleet.events('StartsWorkAgain')).toMatchObject([
      { type: 'Normal', count: 1, involvedObject: { kind: 'RunnerReplicaSet' }, message },
    ]);
  });

  it('is told of registering on the runner, once', async () => {
    fleet.github.failWith = 503;
    fleet.deploy('pool', 1);
    await fleet.controller.settled();
    fleet.github.failWith = undefined;
    await pass(60_000);
    expect(fleet.events('WorksAgain')).toMatchObject([{ count: 1, involvedObject: { kind: 'Runner' } }]);
  });

  it('is told of a listener on its scale set', async () => {
    fleet.github.scaleSets.refusesSessions = 'always';
    fleet.listen('arc');
    await expect.poll(() => fleet.events('ListenerFailed').length, POLL).toBe(1);
    fleet.github.scaleSets.refusesSessions = undefined;
    await expect
      .poll(async () => {
        await pass(10_000);
        return fleet.events('ListensAgain').map(({ involvedObject }) => involvedObject.kind);
      }, POLL)
      .toEqual(['AutoscalingRunnerSet']);
  });

  it('is told of an autoscaler, on it and on its target', async () => {
    const key = { plural: 'horizontalrunnerautoscalers', namespace: 'default', name: 'pool' };
    fleet.scaleBy({ scaleTargetRef: { name: 'pool' }, minReplicas: 0, maxReplicas: 2 } satisfies AutoscalerSpec);
    await fleet.controller.settled();
    expect(fleet.events('RunnerAutoscalingFailure')).toHaveLength(1);
    fleet.deploy('pool', 0);
    await pass(30_000);
    expect(fleet.store.get(key).status).not.toHaveProperty('problem');
    expect(
      fleet
        .events('AutoscalingWorks')
        .map(({ involvedObject }) => involvedObject.kind)
        .sort(),
    ).toEqual(['HorizontalRunnerAutoscaler', 'RunnerDeployment']);
  });
});
