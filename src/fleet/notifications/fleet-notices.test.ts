import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Notice } from '../../common/notifications/index.ts';
import {
  groupVersion,
  LEGACY_VERSION,
  ownerReference,
  SCALE_SET_GROUP,
  type StoredObject,
} from '../resources/object.ts';
import { EventRecorder } from '../store/event-recorder.ts';
import { ResourceStore } from '../store/resource-store.ts';
import { FleetNotices } from './fleet-notices.ts';

const MINUTE = 60_000;

describe('notifications of the fleet', () => {
  let clock: ManualClock;
  let store: ResourceStore;
  let events: EventRecorder;
  let notices: FleetNotices;
  let told: Notice[];
  beforeEach(() => {
    clock = new ManualClock();
    store = new ResourceStore(':memory:', clock);
    events = new EventRecorder(store, clock);
    told = [];
    notices = new FleetNotices({ store, clock, tell: (notice) => told.push(notice) });
  });
  afterEach(() => {
    notices.close();
    store.close();
  });

  const titles = (): string[] => told.map(({ title }) => title);
  const made = (plural: string, kind: string, name: string, more: object = {}, owner?: StoredObject): StoredObject =>
    store.create(plural, {
      apiVersion: LEGACY_VERSION,
      kind,
      metadata: { name, namespace: 'ci', ...(owner && { ownerReferences: [ownerReference(owner)] }) },
      ...more,
    });
  const runner = (name: string, owner: StoredObject): StoredObject =>
    made('runners', 'Runner', name, { spec: { repository: 'octo/app' } }, owner);
  const autoscaler = (): StoredObject =>
    made('horizontalrunnerautoscalers', 'HorizontalRunnerAutoscaler', 'builds', {
      spec: { scaleTargetRef: { name: 'builds' }, minReplicas: 1, maxReplicas: 4 },
    });
  const status = (object: StoredObject, value: object): StoredObject =>
    store.update('horizontalrunnerautoscalers', { ...object, status: value });

  it("tells of a runner's trouble as its pool's, whichever runner it is", () => {
    const deployment = made('runnerdeployments', 'RunnerDeployment', 'builds');
    const set = made('runnerreplicasets', 'RunnerReplicaSet', 'builds-abcde', {}, deployment);
    for (const name of ['builds-abcde-1', 'builds-abcde-2']) {
      events.record(runner(name, set), 'Warning', 'FailedStart', `no room for ${name}`, 'runner-controller');
    }
    expect(told).toEqual([
      {
        ...{ kind: 'troubles', subject: 'pool:ci/builds', state: 'FailedStart', pool: 'ci/builds', isGood: false },
        ...{ title: 'ci/builds: runners do not start', text: 'no room for builds-abcde-1' },
      },
      expect.objectContaining({ subject: 'pool:ci/builds', text: 'no room for builds-abcde-2' }),
    ]);
  });

  it.each([
    ['StartsPaused', 'ci/builds: starts are paused, since they keep failing'],
    ['FailedUpdateRegistrationToken', 'ci/builds: runners cannot register'],
    ['SomethingNew', 'ci/builds: SomethingNew'],
  ])('names %s', (reason, title) => {
    events.record(made('runnerdeployments', 'RunnerDeployment', 'builds'), 'Warning', reason, 'why', 'x');
    expect(titles()).toEqual([title]);
  });

  it('tells nothing of what goes well', () => {
    events.record(made('runnerdeployments', 'RunnerDeployment', 'builds'), 'Normal', 'SuccessfulRescale', 'why', 'x');
    expect(told).toEqual([]);
  });

  it.each([
    ['StartsWorkAgain', ['FailedStart', 'StartsPaused'], 'ci/builds: runners start again'],
    ['StartsWorkAgain', ['RegistrationTimedOut'], 'ci/builds: runners start again'],
    ['ListensAgain', ['ListenerFailed'], 'ci/builds: its jobs are listened for again'],
    ['WorksAgain', ['FailedUpdateRegistrationToken'], 'ci/builds: the server can be used again'],
    ['AutoscalingWorks', ['RunnerAutoscalingFailure'], 'ci/builds: autoscaling works again'],
  ])('tells by %s once that %j is over', (end, troubles, title) => {
    const pool = made('runnerdeployments', 'RunnerDeployment', 'builds');
    const one = runner('builds-1', pool);
    for (const reason of troubles) events.record(one, 'Warning', reason, 'why', 'x');
    for (const time of ['first', 'second']) events.record(pool, 'Normal', end, time, 'x');
    expect(told.slice(troubles.length)).toEqual([
      {
        ...{ kind: 'troubles', subject: 'pool:ci/builds', state: end, pool: 'ci/builds', isGood: true },
        ...{ title, text: 'first' },
      },
    ]);
  });

  it('tells of no end but that of the trouble that was told', () => {
    const pool = made('runnerdeployments', 'RunnerDeployment', 'builds');
    events.record(pool, 'Normal', 'StartsWorkAgain', 'nobody knew', 'x');
    events.record(pool, 'Warning', 'ListenerFailed', 'why', 'x');
    events.record(pool, 'Normal', 'StartsWorkAgain', 'nobody knew', 'x');
    events.record(made('runnerdeployments', 'RunnerDeployment', 'other'), 'Normal', 'ListensAgain', 'another', 'x');
    expect(titles()).toEqual(['ci/builds: nobody listens for its jobs']);
  });

  it('tells that a pool has been as big as it may get for a quarter of an hour, once each time', () => {
    let object = status(autoscaler(), { desiredReplicas: 4 });
    clock.advance(14 * MINUTE);
    object = status(object, { desiredReplicas: 3 });
    clock.advance(MINUTE);
    expect(told).toEqual([]);
    object = status(object, { desiredReplicas: 4 });
    clock.advance(10 * MINUTE);
    object = status(object, { desiredReplicas: 4, lastSuccessfulScaleOutTime: '2026-01-01T00:00:00Z' });
    clock.advance(60 * MINUTE);
    expect(titles()).toEqual(['ci/builds: as many runners as there may be, for 15 minutes']);
    store.delete({ plural: 'horizontalrunnerautoscalers', namespace: 'ci', name: 'builds' });
    expect(clock.pending).toBe(0);
  });

  it('tells the same of a scale set, but not of one that never changes', () => {
    for (const [name, minRunners] of [
      ['moving', 0],
      ['fixed', 2],
    ] as const) {
      store.create('autoscalingrunnersets', {
        apiVersion: groupVersion(SCALE_SET_GROUP),
        kind: 'AutoscalingRunnerSet',
        metadata: { name, namespace: 'ci' },
        spec: { githubConfigUrl: 'https://github.com/octo', minRunners, maxRunners: 2 },
        status: { currentRunners: 2 },
      });
    }
    clock.advance(15 * MINUTE);
    expect(titles()).toEqual(['ci/moving: as many runners as there may be, for 15 minutes']);
  });

  it('tells of a schedule that changes, not of what a new autoscaler begins with', () => {
    let object = autoscaler();
    object = status(object, { scheduledOverridesSummary: 'min=2 time=2026-01-03 00:00:00 +0000 UTC' });
    object = status(object, {
      scheduledOverridesSummary: 'min=2 time=2026-01-03 00:00:00 +0000 UTC',
      desiredReplicas: 2,
    });
    expect(told).toEqual([]);
    object = status(object, {
      scheduledOverridesSummary: 'min=0 time=2026-01-05 00:00:00 +0000 UTC',
      nextScheduledChange: '2026-01-05 09:00 +09:00 (2026-01-05 00:00 UTC): minReplicas 0 instead of 2',
    });
    expect(titles()).toEqual(['ci/builds: the schedule is now min=0 time=2026-01-05 00:00:00 +0000 UTC']);
    expect(told[0]?.text).toBe('Next: 2026-01-05 09:00 +09:00 (2026-01-05 00:00 UTC): minReplicas 0 instead of 2');
  });

  it('leaves no timer when it ends', () => {
    status(autoscaler(), { desiredReplicas: 4 });
    notices.close();
    expect(clock.pending).toBe(0);
  });
});
