/** Images of a runner's containers: pulled as their policy says, with the logins of their runner. */
import { isRegistrysNo } from '../../../common/docker.ts';
import { errorText, OutsideError } from '../../../common/errors.ts';
import type { Logger } from '../../../common/log.ts';
import type { PullSecrets, RegistryLogin } from '../../resources/pull-secrets.ts';
import { type Engine, EngineFailed } from './engine.ts';
import type { ContainerPlan } from './plan-pod.ts';
import { loginsFor } from './registry-login.ts';

/** A big image over a slow line. */
const PULL_TIMEOUT_MS = 30 * 60_000;

type Needed = Pick<ContainerPlan, 'image' | 'pullPolicy'>;

export interface ImagesOptions {
  engine: Engine;
  logger: Logger;
  pullTimeoutMs?: number | undefined;
}

export class Images {
  readonly #options: ImagesOptions;
  /** Pulls under way: runners that start together with the same logins share one. */
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(options: ImagesOptions) {
    this.#options = options;
  }

  /** Makes sure that the engine has the image. @throws OutsideError that says what to do about it */
  async prepare({ image, pullPolicy }: Needed, secrets: PullSecrets): Promise<void> {
    if (pullPolicy === 'Always') return this.#pull(image, secrets);
    if (await this.#has(image)) return;
    if (pullPolicy === 'IfNotPresent') return this.#pull(image, secrets);
    throw new OutsideError(`The Docker engine has no image ${image}, and it is not to be pulled: ${whatToDo(image)}`, {
      retryable: true,
      code: 'image-missing',
    });
  }

  async #has(image: string): Promise<boolean> {
    try {
      await this.#options.engine.run(['image', 'inspect', '--format', '{{.Id}}', image]);
      return true;
    } catch (error) {
      if (error instanceof EngineFailed && error.isAbsence) return false;
      throw error;
    }
  }

  #pull(image: string, secrets: PullSecrets): Promise<void> {
    const logins = loginsFor(image, secrets.logins);
    const key = JSON.stringify([image, logins]);
    const pull =
      this.#pulls.get(key) ?? this.#pullOnce(image, logins, secrets.problems).finally(() => this.#pulls.delete(key));
    this.#pulls.set(key, pull);
    return pull;
  }

  /** As for the containers of jobs: a registry that cannot be reached is made up for by the image that is here. */
  async #pullOnce(image: string, logins: RegistryLogin[], problems: string[]): Promise<void> {
    try {
      await this.#tryEach(image, logins);
    } catch (error) {
      const isNo = error instanceof EngineFailed && isRegistrysNo(error.printed);
      if (isNo || !(await this.#has(image))) throw notPulled(image, error, problems);
      this.#options.logger.warn(
        { image, problem: errorText(error) },
        'an image cannot be pulled; the one that is here is used',
      );
    }
  }

  /** One after the other, as Kubernetes does, until the registry takes one. Without any, as the client is logged in. */
  async #tryEach(image: string, [login, ...others]: RegistryLogin[]): Promise<void> {
    const { engine, pullTimeoutMs = PULL_TIMEOUT_MS } = this.#options;
    try {
      await engine.run(['pull', '--quiet', image], {
        timeoutMs: pullTimeoutMs,
        ...(login && { login: { image, login } }),
      });
    } catch (error) {
      const isRefused = error instanceof EngineFailed && isRegistrysNo(error.printed);
      if (!isRefused || others.length === 0) throw error;
      await this.#tryEach(image, others);
    }
  }
}

const REFUSAL = /denied|unauthorized|authentication required|no basic auth/i;

function notPulled(image: string, error: unknown, problems: string[]): OutsideError {
  const printed = error instanceof EngineFailed ? error.printed : '';
  const code =
    error instanceof EngineFailed && error.isOverdue
      ? 'image-slow'
      : REFUSAL.test(printed)
        ? 'image-refused'
        : 'image-missing';
  const secrets = problems.length > 0 ? ` Of its imagePullSecrets ${problems.join(', ')}.` : '';
  const text = errorText(error);
  const problem = `The image ${image} cannot be pulled: ${text}${/[.!?]$/.test(text) ? '' : '.'}${secrets}`;
  return new OutsideError(problem, { retryable: true, code, cause: error });
}

const whatToDo = (image: string): string =>
  image.startsWith('localhost/')
    ? 'build it with deploy/runner/build.sh, or name another by `image`.'
    : 'its imagePullPolicy is Never.';
