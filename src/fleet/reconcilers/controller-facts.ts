import { placeKey, type RegistrationPlace } from '../credentials/place.ts';
import type { EphemeralRunner } from '../resources/ephemeral-runner.ts';
import { keyText, type ObjectKey, type StoredObject } from '../resources/object.ts';
import type { Runner } from '../resources/runner.ts';
import { lossOfSetRunner } from '../scale-sets/give-up-set-runner.ts';
import { instanceName, type ReconcilerContext } from './context.ts';
import { lossOfRunner } from './give-up-runner.ts';
import { unownedInstances } from './instances.ts';
import type { Loss } from './lost-runners.ts';
import type { LifeTimes } from './runner-times.ts';
import type { Trouble } from './troubles.ts';

/** What only a running controller knows, for explanations and metrics. */
export class ControllerFacts {
  readonly #context: ReconcilerContext;

  constructor(context: ReconcilerContext) {
    this.#context = context;
  }

  /** Instances at the backends that no resource describes: each is a leak. */
  unownedInstances(): number {
    return unownedInstances(this.#context.store, this.#context.instances).length;
  }

  /** As last heard, of the AutoscalingRunnerSet with this uid. */
  assignedJobs(uid: string): number | undefined {
    return this.#context.scaleSets.assignedJobs.get(uid);
  }

  isListening(uid: string): boolean {
    return this.#context.scaleSets.isListening(uid);
  }

  /** What goes wrong now with an object: with bringing it in line with what it says. */
  failureOf(key: ObjectKey): Trouble | undefined {
    return this.#context.troubles.of(keyText(key));
  }

  /** Failed starts of a set's runners (by the set's uid), while none has worked since. */
  startTrouble(uid: string): (Trouble & { nextStartMs?: number }) | undefined {
    const { troubles, startBreaker, scaleSets, clock } = this.#context;
    const nextStartMs = Math.max(startBreaker.state(uid).notBeforeMs, scaleSets.breaker.state(uid).notBeforeMs);
    const trouble = troubles.of(`start:${uid}`);
    return trouble && { ...trouble, ...(nextStartMs > clock.now() && { nextStartMs }) };
  }

  /** Of the listener of an AutoscalingRunnerSet, by its uid. */
  listenerTrouble(uid: string): Trouble | undefined {
    return this.#context.troubles.of(`listener:${uid}`);
  }

  /** Why the server cannot be asked about the runners of a place; also where there are none that it would be asked about. */
  serverTrouble(place: RegistrationPlace): Trouble | undefined {
    const { troubles, githubFor } = this.#context;
    const subject = `credentials:${placeKey(place)}`;
    try {
      githubFor(place);
      troubles.worked(subject);
    } catch (error) {
      troubles.failed(subject, error);
    }
    return troubles.of(`place:${placeKey(place)}`) ?? troubles.of(subject);
  }

  /** When a runner that the server does not see is given up, unless it does before. */
  lossOf(runner: StoredObject): Loss | undefined {
    const context = this.#context;
    const instance = context.instances.get(instanceName(runner));
    if (!instance || instance.exit) return undefined;
    return runner.kind === 'Runner'
      ? lossOfRunner(context, runner as Runner)
      : lossOfSetRunner(context, runner as EphemeralRunner);
  }

  /** Why that is asked more rarely than usual. */
  paceTrouble(place: RegistrationPlace): Trouble | undefined {
    return this.#context.troubles.of(`pace:${placeKey(place)}`);
  }

  /** By instance name. */
  timesOf(name: string): LifeTimes {
    return this.#context.runnerTimes.of(name);
  }
}
