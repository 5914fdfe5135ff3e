import type { Clock } from '../../common/clock.ts';
import type { Logger } from '../../common/log.ts';
import type { GitHubClient } from '../../github/index.ts';
import type { ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import type { Backend, Instance } from '../backends/types.ts';
import type { RegistrationPlace } from '../credentials/place.ts';
import type { Demand } from '../demand/types.ts';
import type { AutoscalingRunnerSet } from '../resources/autoscaling-runner-set.ts';
import type { StoredObject } from '../resources/object.ts';
import type { ScaleSets } from '../scale-sets/scale-sets.ts';
import type { EventRecorder } from '../store/event-recorder.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Observer } from './observer.ts';
import type { RunnerTimes } from './runner-times.ts';
import type { Sightings } from './sightings.ts';
import type { StartBreaker } from './start-breaker.ts';
import type { Troubles } from './troubles.ts';
import type { WorkQueue } from './work-queue.ts';

/** What the reconcilers' shells work with. Built once, by the controller. */
export interface ReconcilerContext {
  store: ResourceStore;
  events: EventRecorder;
  /** @throws UserError when there are no credentials for the place */
  githubFor: (place: RegistrationPlace) => GitHubClient;
  backend: Backend;
  /** What the backend holds, by instance name; kept current by the controller and the Runner reconciler. */
  instances: Map<string, Instance>;
  observer: Observer;
  queue: WorkQueue;
  /** Of Runners; scale sets have their own. */
  startBreaker: StartBreaker;
  sightings: Sightings;
  /** What goes wrong now: of a key of the queue, `start:UID`, `listener:UID`, `place:KEY` and `pace:KEY`. For explanations only. */
  troubles: Troubles;
  runnerTimes: RunnerTimes;
  scaleSets: ScaleSets;
  demand: Demand;
  /** Told once of each job that a runner of a scale set began or ended. */
  onSetJob?: (set: AutoscalingRunnerSet, job: ScaleSetJob) => void;
  /** Names of the reservations of jobs that an autoscaler saw when it last looked, by its uid. */
  seenJobs: Map<string, ReadonlySet<string>>;
  /** When a runner whose server said "busy" may be asked about again; epoch ms by uid. */
  askAgainAtMs: Map<string, number>;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
}

/** Name at the backend. An underscore is in no Kubernetes name, so names of other namespaces cannot collide. */
export const instanceName = ({ metadata: { namespace, name } }: StoredObject): string =>
  instanceNameIn(namespace, name);

export const instanceNameIn = (namespace: string, name: string): string =>
  namespace === 'default' ? name : `${namespace}_${name}`;
