import type { Clock } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { type GitHubClient, listRunners } from '../../github/index.ts';
import type { Runner as ServerRunner } from '../../protocol/github/runners.ts';
import { placeKey, placeOf, type RegistrationPlace } from '../credentials/place.ts';
import { annotation, isOver, type Runner, type RunnerPhase } from '../resources/runner.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { instanceName } from './context.ts';
import type { RunnerTimes } from './runner-times.ts';
import type { Troubles } from './troubles.ts';

export interface ObserverOptions {
  store: ResourceStore;
  /** @throws UserError when there are no credentials for the place */
  githubFor: (place: RegistrationPlace) => GitHubClient;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
  /** Told of the server, as `place:KEY`. */
  troubles: Troubles;
  runnerTimes: RunnerTimes;
  /** Called before the new status of a runner is stored. */
  onSeen: (runner: Runner, isBusy: boolean) => void;
}

/** First look after a start; each look that finds something still registering doubles the pause. */
const FIRST_LOOK_MS = 200;
const SLOW_LOOK_MS = 10_000;

/**
 * Copies what the server says about our runners (online, busy) into their status: one list call per place, soon after
 * a start and slowly otherwise. Nothing on the way of a job waits for it; it feeds `get`, roll-outs and the choice of
 * idle runners.
 */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #timers = new Map<string, () => void>();
  readonly #looks = new Map<string, Promise<string | undefined>>();

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Something was started at this place: look soon. */
  expect(place: RegistrationPlace): void {
    this.#lookIn(place, FIRST_LOOK_MS);
  }

  /** Looks slowly from now on, unless that is already so. */
  watch(place: RegistrationPlace): void {
    if (!this.#timers.has(placeKey(place))) this.#lookIn(place, FIRST_LOOK_MS);
  }

  /**
   * Looks now. An unreachable server leaves the statuses as they are.
   * @returns why the server could not be asked; undefined when it answered
   */
  look(place: RegistrationPlace): Promise<string | undefined> {
    const key = placeKey(place);
    const current = this.#looks.get(key) ?? this.#look(place).finally(() => this.#looks.delete(key));
    this.#looks.set(key, current);
    return current;
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
    if (this.#options.signal.aborted) return;
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(key);
      void this.look(place).then(() => this.#lookAgain(place, delayMs));
    });
    this.#timers.set(key, cancel);
  }

  #lookAgain(place: RegistrationPlace, lastDelayMs: number): void {
    const watched = this.#watched(place);
    if (watched.length === 0 || this.#timers.has(placeKey(place))) return;
    const isAnyNew = watched.some((runner) => runner.status?.phase === 'Registering');
    this.#lookIn(place, isAnyNew ? Math.min(lastDelayMs * 2, SLOW_LOOK_MS) : SLOW_LOOK_MS);
  }

  async #look(place: RegistrationPlace): Promise<string | undefined> {
    const { githubFor, troubles, logger, signal } = this.#options;
    const subject = `place:${placeKey(place)}`;
    try {
      const github = githubFor(place);
      const atServer = new Map(
        (await listRunners(github, place.scope, signal)).map((runner) => [String(runner.id), runner]),
      );
      for (const runner of this.#watched(place)) {
        const seen = atServer.get(runner.metadata.annotations?.[annotation.id] ?? '');
        if (seen) this.#note(runner, seen);
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
    const key = placeKey(place);
    return (this.#options.store.list('runners') as Runner[]).filter(
      (runner) =>
        runner.metadata.annotations?.[annotation.id] !== undefined &&
        !isOver(runner) &&
        placeKey(placeOf(runner.metadata.namespace, runner.spec)) === key,
    );
  }

  #note(runner: Runner, { status, busy }: ServerRunner): void {
    const isOnline = status === 'online';
    const before = runner.status?.phase;
    const phase: RunnerPhase | undefined = busy ? 'Running' : isOnline ? 'Idle' : before;
    if (isOnline || busy) this.#options.onSeen(runner, busy);
    if (isOnline) this.#options.runnerTimes.note(instanceName(runner), 'online');
    if (phase === before && runner.status?.ready === isOnline) return;
    this.#options.store.update('runners', { ...runner, status: { ...runner.status, phase, ready: isOnline } });
  }
}
