import type { Clock } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { type GitHubClient, listRunners } from '../../github/index.ts';
import { type RunnerScope, type Runner as ServerRunner, scopePath } from '../../protocol/github/runners.ts';
import { annotation, isOver, type Runner, type RunnerPhase } from '../resources/runner.ts';
import { scopeOf } from '../resources/runner-spec.ts';
import type { ResourceStore } from '../store/resource-store.ts';

export interface ObserverOptions {
  store: ResourceStore;
  github: GitHubClient;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
  /** Called before the new status of a runner is stored. */
  onSeen: (runner: Runner, isBusy: boolean) => void;
}

/** First look after a start; each look that finds something still registering doubles the pause. */
const FIRST_LOOK_MS = 200;
const SLOW_LOOK_MS = 10_000;

/**
 * Copies what the server says about our runners (online, busy) into their status: one list call per scope, soon after
 * a start and slowly otherwise. Nothing on the way of a job waits for it; it feeds `get`, roll-outs and the choice of
 * idle runners.
 */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #timers = new Map<string, () => void>();
  readonly #looks = new Map<string, Promise<void>>();

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Something was started in this scope: look soon. */
  expect(scope: RunnerScope): void {
    this.#lookIn(scope, FIRST_LOOK_MS);
  }

  /** Looks slowly from now on, unless that is already so. */
  watch(scope: RunnerScope): void {
    if (!this.#timers.has(scopePath(scope))) this.#lookIn(scope, FIRST_LOOK_MS);
  }

  /** Looks now. An unreachable server leaves the statuses as they are. */
  look(scope: RunnerScope): Promise<void> {
    const path = scopePath(scope);
    const current = this.#looks.get(path) ?? this.#look(scope).finally(() => this.#looks.delete(path));
    this.#looks.set(path, current);
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

  #lookIn(scope: RunnerScope, delayMs: number): void {
    const path = scopePath(scope);
    this.#timers.get(path)?.();
    if (this.#options.signal.aborted) return;
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(path);
      void this.look(scope).then(() => this.#lookAgain(scope, delayMs));
    });
    this.#timers.set(path, cancel);
  }

  #lookAgain(scope: RunnerScope, lastDelayMs: number): void {
    const watched = this.#watched(scope);
    if (watched.length === 0 || this.#timers.has(scopePath(scope))) return;
    const isAnyNew = watched.some((runner) => runner.status?.phase === 'Registering');
    this.#lookIn(scope, isAnyNew ? Math.min(lastDelayMs * 2, SLOW_LOOK_MS) : SLOW_LOOK_MS);
  }

  async #look(scope: RunnerScope): Promise<void> {
    const { github, logger, signal } = this.#options;
    try {
      const atServer = new Map((await listRunners(github, scope, signal)).map((runner) => [String(runner.id), runner]));
      for (const runner of this.#watched(scope)) {
        const seen = atServer.get(runner.metadata.annotations?.[annotation.id] ?? '');
        if (seen) this.#note(runner, seen);
      }
    } catch (error) {
      if (!signal.aborted) logger.warn({ problem: errorText(error) }, 'the server could not be asked about runners');
    }
  }

  /** Runners of the scope that the server may know and that are not over. */
  #watched(scope: RunnerScope): Runner[] {
    const path = scopePath(scope);
    return (this.#options.store.list('runners') as Runner[]).filter(
      (runner) =>
        runner.metadata.annotations?.[annotation.id] !== undefined &&
        !isOver(runner) &&
        scopePath(scopeOf(runner.spec)) === path,
    );
  }

  #note(runner: Runner, { status, busy }: ServerRunner): void {
    const isOnline = status === 'online';
    const before = runner.status?.phase;
    const phase: RunnerPhase | undefined = busy ? 'Running' : isOnline ? 'Idle' : before;
    if (isOnline || busy) this.#options.onSeen(runner, busy);
    if (phase === before && runner.status?.ready === isOnline) return;
    this.#options.store.update('runners', { ...runner, status: { ...runner.status, phase, ready: isOnline } });
  }
}
