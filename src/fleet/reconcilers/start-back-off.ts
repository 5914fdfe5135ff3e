import { type BackOff, backOffMs } from '../../common/back-off.ts';

const FAILED_STARTS: BackOff = { firstMs: 1_000, maxMs: 60_000 };

/**
 * Delays the next start after failed ones, per set of runners (or per runner that no set owns): a runner that cannot
 * start must not be replaced in a tight loop (D-23). In memory: a restart of the fleet tries anew.
 */
export class StartBackOff {
  readonly #failures = new Map<string, { count: number; notBeforeMs: number }>();

  /** Epoch ms before which nothing is started; 0 without failures. */
  notBeforeMs(uid: string): number {
    return this.#failures.get(uid)?.notBeforeMs ?? 0;
  }

  /** Failures of one round count once: ten replicas that fail together are one failed attempt. */
  failed(uid: string, nowMs: number): void {
    const before = this.#failures.get(uid) ?? { count: 0, notBeforeMs: 0 };
    if (nowMs < before.notBeforeMs) return;
    const notBeforeMs = nowMs + backOffMs(before.count, FAILED_STARTS);
    this.#failures.set(uid, { count: before.count + 1, notBeforeMs });
  }

  worked(uid: string): void {
    this.#failures.delete(uid);
  }
}
