/** Containers of Docker actions, run by the engine (SEM-17.7, 28.5). */
import { VARIABLES } from '../../../common/docker.ts';
import { newGuid } from '../../../common/ids.ts';
import type { ProcessExit } from '../../process.ts';
import type { StepContext } from '../step-context.ts';
import type { ActionImage } from './action-images.ts';
import { whyKilled } from './attribution.ts';
import type { ActionContainerRequest, ActionContainers } from './docker-action.ts';
import type { JobDocker } from './job-docker.ts';
import { limitOptions } from './limits.ts';

export class DockerRun implements ActionContainers {
  readonly #docker: JobDocker;
  readonly #image: ActionImage;

  constructor(docker: JobDocker, image: ActionImage) {
    this.#docker = docker;
    this.#image = image;
  }

  /** One of the workspace is known only now; others were made before the steps. */
  async prepare({ output, signal }: StepContext): Promise<void> {
    await this.#image.make(output, signal);
  }

  /** Without `--rm`: what is left of a container that was killed says why. It is removed here in any case. */
  async run(
    context: StepContext,
    { variables, mounts, entrypoint, args }: ActionContainerRequest,
  ): Promise<ProcessExit> {
    const { docker, labels, network, socketOptions } = this.#docker;
    const image = this.#image.name;
    const name = `${image.replace(/[^A-Za-z0-9]/g, '').slice(0, 40)}_${newGuid().replaceAll('-', '')}`;
    const options = [
      ...['--name', name, '--workdir', '/github/workspace'],
      ...limitOptions([]),
      ...(network === undefined ? [] : ['--network', network]),
      ...socketOptions,
      ...this.#docker.mountOptions(mounts, context.output),
      ...(entrypoint ? ['--entrypoint', entrypoint] : []),
    ];
    context.output.command(`docker run ${[...options, image, ...args].join(' ')}`);
    const startedAt = Date.now();
    try {
      const exit = await context.follow((streams) =>
        docker.start(['run', ...labels, VARIABLES, ...options, image, ...args], { ...streams, variables }),
      );
      const isKill = exit.code >= 128 && !context.signal.aborted;
      const since = { container: startedAt, step: startedAt };
      return isKill ? { ...exit, reason: await whyKilled(docker, name, exit.code, since) } : exit;
    } finally {
      await docker.run(['rm', '--force', '--volumes', name]).catch(() => undefined);
    }
  }
}
