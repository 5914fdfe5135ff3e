import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '../../common/clock.ts';
import type { RsaPrivateJwk } from '../../protocol/runner/jit-config.ts';

const generate = promisify(generateKeyPair);

/** Keys kept ready: making one costs about 0.1 s of a core, which a runner's start should not wait for. */
const READY = 2;
/** New ones are made once the rush that took the last is over: making them would slow the runners' start itself. */
const REFILL_AFTER_MS = 1_000;

/** RSA keys for JIT configs, made ahead of time off the main thread. */
export class KeyPool {
  readonly #clock: Clock;
  /** Ready, or under way. */
  readonly #keys: Promise<RsaPrivateJwk>[] = [];
  #cancelRefill: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#fill();
  }

  take(): Promise<RsaPrivateJwk> {
    const key = this.#keys.shift() ?? newKey();
    this.#cancelRefill?.();
    this.#cancelRefill = this.#clock.after(REFILL_AFTER_MS, () => this.#fill());
    return key;
  }

  /** After this none is under way. */
  async close(): Promise<void> {
    this.#cancelRefill?.();
    await Promise.allSettled(this.#keys);
  }

  #fill(): void {
    while (this.#keys.length < READY) {
      const key = newKey();
      // Whoever takes it learns of a failure; unhandled it would end the program.
      key.catch(() => undefined);
      this.#keys.push(key);
    }
  }
}

/** The promise form only: the synchronous one was seen to hang on Node 20 (runner-protocol 12.39). */
async function newKey(): Promise<RsaPrivateJwk> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'jwk' }) as RsaPrivateJwk;
}
