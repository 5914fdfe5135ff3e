import type { Clock } from '../../common/clock.ts';
import { errorText, OutsideError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { GitHubClient, RunnerState } from '../../github/index.ts';
import { placeKey, placeOfConnection, type RegistrationPlace } from '../credentials/place.ts';
import { type EphemeralRunner, waitsForJob } from '../resources/ephemeral-runner.ts';
import { at } from '../resources/links.ts';
import type { StoredObject } from '../resources/object.ts';
import { annotation, isOver, type Runner, type RunnerPhase } from '../resources/runner.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { instanceName } from './context.ts';
import { RunnerLists } from './runner-lists.ts';
import type { RunnerTimes } from './runner-times.ts';
import type { Sightings } from './sightings.ts';
import type { Troubles } from './troubles.ts';

export interface ObserverOptions {
  store: ResourceStore;
  /** @throws UserError when there are no credentials for the place */
  githubFor: (place: RegistrationPlace) => GitHubClient;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
  /** Told of the server, as `place:KEY` and `pace:KEY`. */
  troubles: Troubles;
  runnerTimes: RunnerTimes;
  sightings: Sightings;
  /** What is to be done about a runner may have changed, though its status has not. */
  wake: (plural: string, runner: StoredObject) => void;
  /** Called before the new status of a runner is stored. */
  onSeen: (runner: Runner, isBusy: boolean) => void;
}

/** First look after a start; each look that finds something still registering doubles the pause. */
const FIRST_LOOK_MS = 200;
const SLOW_LOOK_MS = 10_000;
/** Runners of scale sets tell of their jobs by themselves: they are looked at only to find those that are lost. */
const SET_LOOK_MS = 60_000;

/**
 * Copies what the server says about our runners (online, busy) into their status: one list call per place, soon after
 * a start and slowly otherwise. Nothing on the way of a job waits for it; it feeds `get`, roll-outs and the choice of
 * idle runners.
 */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #timers = new Map<string, () => void>();
  readonly #looks = new Map<string, Promise<string | undefined>>();
  readonly #lists: RunnerLists;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#lists = new RunnerLists(options);
  }

  /** Something was started at this place: look soon. */
  expect(place: RegistrationPlace): void {
    this.#lookIn(place, FIRST_LOOK_MS);
  }

  /** Looks slowly from now on, unless that is already so. */
  watch(place: RegistrationPlace): void {
    const key = placeKey(place);
    if (!this.#timers.has(key) && !this.#looks.has(key)) this.#lookIn(place, FIRST_LOOK_MS);
  }

  /**
   * Looks now, unless what is known is as new as the server's rate limit allows. An unreachable server leaves the
   * statuses as they are.
   * @returns why the server could not be asked; undefined when it answered
   */
  look(place: RegistrationPlace): Promise<string | undefined> {
    const isResting = this.#options.clock.now() < this.#lists.restsUntilMs(place);
    return isResting ? Promise.resolve(undefined) : this.#lookNow(place);
  }

  #lookNow(place: RegistrationPlace): Promise<string | undefined> {
    const key = placeKey(place);
    const current = this.#looks.get(key) ?? this.#look(place).finally(() => this.#looks.delete(key));
    this.#looks.set(key, current);
    return current;
  }

  /** Looks now. @throws OutsideError when the server could not be asked */
  async lookOrFail(place: RegistrationPlace): Promise<void> {
    const problem = await this.#lookNow(place);
    if (problem === undefined) return;
    throw new OutsideError(`The server cannot be asked which runners are online: ${problem}`, { retryable: true });
  }

  /** Resolves when no look is under way: true when there was one, which may have made work. */
  async idle(): Promise<boolean> {
    const looks = [...this.#looks.values()];
    await Promise.all(looks);
    return looks.length > 0;
  }

  async close(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await this.idle();
  }

  #lookIn(place: RegistrationPlace, delayMs: number): void {
    const key = placeKey(place);
    this.#timers.get(key)?.();
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    const cancel = clock.after(Math.max(delayMs, this.#lists.restsUntilMs(place) - clock.now()), () => {
      this.#timers.delete(key);
      void this.look(place).then(() => this.#lookAgain(place, delayMs));
    });
    this.#timers.set(key, cancel);
  }

  #lookAgain(place: RegistrationPlace, lastDelayMs: number): void {
    if (this.#timers.has(placeKey(place))) return;
    const watched = this.#watched(place);
    if (watched.length === 0) {
      if (this.#waitingInSets(place).length > 0) this.#lookIn(place, SET_LOOK_MS);
      else this.#lists.forget(place);
      return;
    }
    const isAnyNew = watched.some((runner) => runner.status?.phase === 'Registering');
    this.#lookIn(place, isAnyNew ? Math.min(lastDelayMs * 2, SLOW_LOOK_MS) : SLOW_LOOK_MS);
  }

  async #look(place: RegistrationPlace): Promise<string | undefined> {
    const { troubles, logger, signal } = this.#options;
    const subject = `place:${placeKey(place)}`;
    try {
      const atServer = await this.#lists.read(place);
      for (const runner of this.#watched(place)) {
        const seen = atServer.get(runner.metadata.annotations?.[annotation.id] ?? '');
        this.#sight('runners', runner, seen);
        this.#note(runner, seen);
      }
      for (const runner of this.#waitingInSets(place)) {
        this.#sight('ephemeralrunners', runner, atServer.get(String(runner.status?.runnerId)));
      }
      troubles.worked(subject);
      return undefined;
    } catch (error) {
      if (!signal.aborted) troubles.failed(subject, error);
      const problem = errorText(error);
      if (!signal.aborted) logger.warn({ problem }, 'the server could not be asked about runners');
      return problem;
    }
  }

  /** Runners of the place that the server may know and that are not over. */
  #watched(place: RegistrationPlace): Runner[] {
    return (this.#options.store.linked(at(place)) as Runner[]).filter(
      (runner) => runner.metadata.annotations?.[annotation.id] !== undefined && !isOver(runner),
    );
  }

  /** Of those that no job was heard of yet. */
  #waitingInSets(place: RegistrationPlace): EphemeralRunner[] {
    if (place.serverUrl === undefined) return [];
    const key = placeKey(place);
    return (this.#options.store.list('ephemeralrunners') as EphemeralRunner[]).filter(
      (runner) => waitsForJob(runner) && placeKey(placeOfConnection(runner.metadata.namespace, runner.spec)) === key,
    );
  }

  #sight(plural: string, runner: StoredObject, seen: RunnerState | undefined): void {
    const { sightings, runnerTimes, clock, wake } = this.#options;
    const name = instanceName(runner);
    // One that is busy and offline may come back to its job.
    const isOnline = seen?.status === 'online' || seen?.busy === true;
    if (seen?.status === 'online') runnerTimes.note(name, 'online');
    if (sightings.note(name, seen ? (isOnline ? 'online' : 'offline') : 'gone', clock.now())) wake(plural, runner);
  }

  /** @param seen undefined when the server knows it no more */
  #note(runner: Runner, seen: RunnerState | undefined): void {
    const isBusy = seen?.busy === true;
    const isOnline = seen?.status === 'online';
    const before = runner.status?.phase;
    const phase: RunnerPhase | undefined = isBusy ? 'Running' : isOnline ? 'Idle' : before;
    if (isOnline || isBusy) this.#options.onSeen(runner, isBusy);
    if (phase === before && runner.status?.ready === isOnline) return;
    this.#options.store.update('runners', { ...runner, status: { ...runner.status, phase, ready: isOnline } });
  }
}
