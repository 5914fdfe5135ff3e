/** Images of the Docker actions of a job: made before the steps, and once each (SEM-15.1, 17.7). */
import { join } from 'node:path';
import type { StepOutput } from '../step-output.ts';
import { buildImage, pullImage } from './images.ts';
import type { JobDocker } from './job-docker.ts';
import { actionImageName } from './labels.ts';

export class ActionImage {
  /** Record of its making. */
  readonly title: string;
  /** As `docker run` takes it. */
  readonly name: string;
  readonly #make: (output: StepOutput, signal: AbortSignal) => Promise<void>;
  #isMade = false;

  constructor(title: string, name: string, make: ActionImage['make']) {
    this.title = title;
    this.name = name;
    this.#make = make;
  }

  /** Does nothing once it has succeeded. @throws UserError, DockerFailed, or the signal's reason */
  async make(output: StepOutput, signal: AbortSignal): Promise<void> {
    if (this.#isMade) return;
    await this.#make(output, signal);
    this.#isMade = true;
  }
}

export class ActionImages {
  readonly #docker: JobDocker;
  readonly #temp: string;
  /** By image, or by path of the Dockerfile. */
  readonly #images = new Map<string, ActionImage>();

  /** @param temp folder for what a login leaves for a moment */
  constructor(docker: JobDocker, temp: string) {
    this.#docker = docker;
    this.#temp = temp;
  }

  /** All that are known by now, in the order of their steps. */
  get all(): ActionImage[] {
    return [...this.#images.values()];
  }

  /** @param image as after `docker://` */
  pulled(image: string): ActionImage {
    return this.#known(image, () => {
      const make: ActionImage['make'] = (output, signal) =>
        pullImage(this.#docker, { image, credentials: undefined }, this.#temp, output, signal);
      return new ActionImage(`Pull ${image}`, image, make);
    });
  }

  /** @param uses as the workflow names the action @param dockerfile path below the action's folder */
  built(uses: string, folder: string, dockerfile: string): ActionImage {
    const file = join(folder, dockerfile);
    return this.#known(file, () => {
      const name = actionImageName(this.#docker.jobId, this.#images.size + 1);
      const context = join(file, '..');
      const make: ActionImage['make'] = (output, signal) =>
        buildImage(this.#docker, { dockerfile: file, folder: context }, name, output, signal);
      return new ActionImage(`Build ${uses}`, name, make);
    });
  }

  #known(key: string, make: () => ActionImage): ActionImage {
    const image = this.#images.get(key) ?? make();
    this.#images.set(key, image);
    return image;
  }
}
