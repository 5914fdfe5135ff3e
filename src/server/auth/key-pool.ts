import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { RsaPrivateJwk } from '../../protocol/runner/jit-config.ts';

const generate = promisify(generateKeyPair);

/** Keys kept ready: making one costs about 0.1 s of a core, which a runner's start should not wait for. */
const READY = 4;

/** RSA keys for JIT configs, made ahead of time one after the other, off the main thread. */
export class KeyPool {
  readonly #ready: RsaPrivateJwk[] = [];
  #filling: Promise<void> | undefined;
  #isClosed = false;

  async take(): Promise<RsaPrivateJwk> {
    const key = this.#ready.shift();
    this.fill();
    return key ?? newKey();
  }

  /** Starts making keys until enough are ready. */
  fill(): void {
    this.#filling ??= this.#fillUp().finally(() => {
      this.#filling = undefined;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#filling;
  }

  async #fillUp(): Promise<void> {
    while (this.#ready.length < READY && !this.#isClosed) this.#ready.push(await newKey());
  }
}

/** The promise form only: the synchronous one was seen to hang on Node 20 (runner-protocol 12.39). */
async function newKey(): Promise<RsaPrivateJwk> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'jwk' }) as RsaPrivateJwk;
}
