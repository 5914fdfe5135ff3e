/** How a runner's jobs get Docker: fleet-semantics 5.1. */
import { parseQuantity } from '../../../common/quantity.ts';
import { SETTINGS } from '../../../common/settings-table.ts';
import { isEphemeral, type RunnerSpec } from '../../resources/runner-spec.ts';
import { workDirOf } from './folders.ts';
import type { Place } from './plan-pod.ts';
import type { Volume } from './volumes.ts';

/** `none` also for Docker out of Docker, which is a mounted socket. */
export type DockerMode = 'sidecar' | 'inside' | 'none';

export function dockerMode({ dockerdWithinRunnerContainer, dockerEnabled = true }: RunnerSpec): DockerMode {
  if (dockerdWithinRunnerContainer) return 'inside';
  return dockerEnabled ? 'sidecar' : 'none';
}

const DEFAULT_RUN_BYTES = 1_000_000;

/** What runner and sidecar share for the socket (POD-7). */
export const RUN_FOLDER = {
  path: '/run',
  volume: ({ dockerVarRunVolumeSizeLimit: limit }: RunnerSpec): Volume => ({
    kind: 'memory',
    sizeBytes: (limit === undefined ? undefined : parseQuantity(String(limit))) ?? DEFAULT_RUN_BYTES,
  }),
};

const SOCKET = 'unix:///run/docker.sock';
/** Group `docker` of our image, and of those of ARC for Ubuntu 22.04 and later (POD-8). */
const DOCKER_GID = '121';
const OLD_DOCKER_GID = '1001';

/** What ARC tells a runner about itself (POD-4); no token is among it (D-15). @param image that it runs in */
export function runnerVariables(
  spec: RunnerSpec,
  mode: DockerMode,
  { serverUrl, owner }: Place,
  image: string,
): Record<string, string> {
  const { dockerMTU, dockerRegistryMirror: mirror } = spec;
  const inside = {
    ...(dockerMTU === undefined ? {} : { MTU: String(dockerMTU) }),
    ...(mirror === undefined ? {} : { DOCKER_REGISTRY_MIRROR: mirror }),
  };
  return {
    RUNNER_ORG: spec.organization ?? '',
    RUNNER_REPO: spec.repository ?? '',
    RUNNER_ENTERPRISE: spec.enterprise ?? '',
    RUNNER_LABELS: (spec.labels ?? []).join(','),
    RUNNER_GROUP: spec.group ?? '',
    DOCKER_ENABLED: String(mode !== 'none'),
    DOCKERD_IN_RUNNER: String(mode === 'inside'),
    GITHUB_URL: serverUrl.endsWith('/') ? serverUrl : `${serverUrl}/`,
    RUNNER_WORKDIR: workDirOf(spec),
    RUNNER_EPHEMERAL: String(isEphemeral(spec)),
    ...(mode === 'inside' ? inside : {}),
    ...(mode === 'sidecar' ? { DOCKER_HOST: SOCKET } : {}),
    RUNNER_NAME: owner.instance,
    [SETTINGS.runnerBackend.env]: 'docker',
    [SETTINGS.runnerImage.env]: image,
  };
}

/** POD-8. What the spec gives as arguments goes between ours. */
export function dockerdArguments(
  { image = '', dockerMTU, dockerRegistryMirror: mirror }: RunnerSpec,
  own: string[],
  variables: Record<string, string>,
): string[] {
  const usual = image.includes('20.04') ? OLD_DOCKER_GID : DOCKER_GID;
  const group = variables.DOCKER_GROUP_GID ?? usual;
  return [
    'dockerd',
    `--host=${SOCKET}`,
    ...own,
    `--group=${group}`,
    ...(dockerMTU === undefined ? [] : ['--mtu', String(dockerMTU)]),
    ...(mirror === undefined ? [] : [`--registry-mirror=${mirror}`]),
  ];
}
