import type { ProcessExit } from '../../process.ts';
import type { StepContext } from '../step-context.ts';
import { ContainerHooks } from './container-hooks.ts';
import type { ActionContainerRequest, ActionContainers } from './docker-action.ts';
import { noContainer } from './hooked-containers.ts';

/** Containers of Docker actions, run by the operator's hooks, which also pull and build. */
export class HookedAction implements ActionContainers {
  readonly #source: { image: string } | { dockerfile: string };

  constructor(source: { image: string } | { dockerfile: string }) {
    this.#source = source;
  }

  async prepare(): Promise<void> {
    // Nothing is known of their images.
  }

  async run(
    context: StepContext,
    { variables, mounts, entrypoint, args }: ActionContainerRequest,
  ): Promise<ProcessExit> {
    const container = {
      ...noContainer,
      ...this.#source,
      entryPoint: entrypoint ?? null,
      entryPointArgs: args,
      workingDirectory: '/github/workspace',
      environmentVariables: variables,
      prependPath: context.job.path,
      systemMountVolumes: mounts.map(({ outside, inside }) => ({
        sourceVolumePath: outside,
        targetVolumePath: inside,
        readOnly: false,
      })),
    };
    return await context.follow((streams) =>
      ContainerHooks.of(context.job).start('run_container_step', container, streams),
    );
  }
}
