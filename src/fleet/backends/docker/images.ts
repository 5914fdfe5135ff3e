/** Images of a runner's containers: pulled as their policy says. */
import { isRegistrysNo } from '../../../common/docker.ts';
import { errorText, OutsideError } from '../../../common/errors.ts';
import type { Logger } from '../../../common/log.ts';
import { type Engine, EngineFailed } from './engine.ts';
import type { ContainerPlan } from './plan-pod.ts';

/** A big image over a slow line. */
const PULL_TIMEOUT_MS = 30 * 60_000;

type Needed = Pick<ContainerPlan, 'image' | 'pullPolicy'>;

export class Images {
  readonly #engine: Engine;
  readonly #logger: Logger;
  /** Pulls under way: runners that start together share one. */
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(engine: Engine, logger: Logger) {
    this.#engine = engine;
    this.#logger = logger;
  }

  /** Makes sure that the engine has the image. @throws OutsideError that says what to do about it */
  async prepare({ image, pullPolicy }: Needed): Promise<void> {
    if (pullPolicy === 'Always') return this.#pull(image);
    if (await this.#has(image)) return;
    if (pullPolicy === 'IfNotPresent') return this.#pull(image);
    throw new OutsideError(`The Docker engine has no image ${image}, and it is not to be pulled: ${whatToDo(image)}`, {
      retryable: true,
      code: 'image-missing',
    });
  }

  async #has(image: string): Promise<boolean> {
    try {
      await this.#engine.run(['image', 'inspect', '--format', '{{.Id}}', image]);
      return true;
    } catch (error) {
      if (error instanceof EngineFailed && error.isAbsence) return false;
      throw error;
    }
  }

  #pull(image: string): Promise<void> {
    const pull = this.#pulls.get(image) ?? this.#pullOnce(image).finally(() => this.#pulls.delete(image));
    this.#pulls.set(image, pull);
    return pull;
  }

  /** As for the containers of jobs: a registry that cannot be reached is made up for by the image that is here. */
  async #pullOnce(image: string): Promise<void> {
    try {
      await this.#engine.run(['pull', '--quiet', image], { timeoutMs: PULL_TIMEOUT_MS });
    } catch (error) {
      const isNo = error instanceof EngineFailed && isRegistrysNo(error.printed);
      if (isNo || !(await this.#has(image)))
        throw new OutsideError(`The image ${image} cannot be pulled: ${errorText(error)}`, {
          retryable: true,
          code: 'image-missing',
          cause: error,
        });
      this.#logger.warn(
        { image, problem: errorText(error) },
        'an image cannot be pulled; the one that is here is used',
      );
    }
  }
}

const whatToDo = (image: string): string =>
  image.startsWith('localhost/')
    ? 'build it with deploy/runner/build.sh, or name another by `image`.'
    : 'its imagePullPolicy is Never.';
