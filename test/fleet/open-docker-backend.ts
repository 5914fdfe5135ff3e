import { systemClock } from '../../src/common/clock.ts';
import { silentLogger } from '../../src/common/log.ts';
import { DockerBackend, type DockerBackendOptions } from '../../src/fleet/backends/docker/docker-backend.ts';
import type { TestDocker } from '../support/docker.ts';

/** A Docker backend on a test's engine, whose runners and sidecars have the same image. */
export function openDockerBackend(
  docker: TestDocker,
  { folder, image, ...options }: { folder: string; image: string } & Partial<DockerBackendOptions>,
): DockerBackend {
  return new DockerBackend({
    stateFolder: folder,
    environment: { PATH: process.env.PATH ?? '', HOME: folder, ...docker.env },
    serverUrl: 'https://github.example',
    image,
    dockerImage: image,
    network: '',
    settings: {},
    clock: systemClock,
    logger: silentLogger,
    ...options,
  });
}
