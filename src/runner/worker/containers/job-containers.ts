/** The container and the services of a job, from start to end: SEM-14.2 to 14.9. */

import { backOffMs } from '../../../common/back-off.ts';
import { sleep } from '../../../common/clock.ts';
import { VARIABLES } from '../../../common/docker.ts';
import { errorText, UserError } from '../../../common/errors.ts';
import { newGuid } from '../../../common/ids.ts';
import { proxyEnvironment } from '../../../common/settings.ts';
import type { Json } from '../../../protocol/runner/tokens.ts';
import type { JobState } from '../job-state.ts';
import type { StepOutput } from '../step-output.ts';
import { KILLED, whyKilled } from './attribution.ts';
import { removeLeftovers } from './clean-up.ts';
import { ContainerHost } from './container-host.ts';
import type { ContainerSpec, ServiceSpec } from './container-spec.ts';
import { pullImage } from './images.ts';
import type { JobDocker, Mount } from './job-docker.ts';
import { homeFolder, madeFolders } from './job-folders.ts';
import { limitOptions } from './limits.ts';
import { nodeMounts } from './own-node.ts';
import { enginePath } from './placement.ts';
import type { Containers } from './plan.ts';
import { openServerBridge, type ServerBridge } from './server-bridge.ts';

/** SEM-14.7 begins with two seconds, which most services do not need. */
const HEALTH_BACK_OFF = { firstMs: 250, maxMs: 32_000 };
/** The end of a service's log is shown, at most so many lines. */
const LOG_LINES = 10_000;

/** Of `docker container inspect`. */
interface Inspected {
  State: { Running: boolean; ExitCode: number; Health?: { Status: string } };
  Config: { Env: string[] | null };
  NetworkSettings: { Ports: Record<string, { HostPort: string }[] | null> | null };
}

interface Plan {
  container: ContainerSpec | undefined;
  services: ServiceSpec[];
  mounts: Mount[];
}

interface Started {
  /** Its key in `services`; undefined for the job's container. */
  alias: string | undefined;
  id: string;
  image: string;
  /** In milliseconds since the epoch. */
  startedAt: number;
}

export class JobContainers implements Containers {
  readonly #job: JobState;
  readonly #docker: JobDocker;
  readonly #container: ContainerSpec | undefined;
  readonly #services: ServiceSpec[];
  readonly #mounts: Mount[];
  readonly #host: ContainerHost;
  readonly #started: Started[] = [];
  #bridge: ServerBridge | undefined;

  private constructor(job: JobState, docker: JobDocker, { container, services, mounts }: Plan) {
    this.#job = job;
    this.#docker = docker;
    this.#container = container;
    this.#services = services;
    this.#mounts = mounts;
    this.#host = new ContainerHost(docker.docker, mounts);
    // From now on no step runs on this machine, whatever becomes of the container.
    if (container) job.host = this.#host;
  }

  /** @throws UserError when there is no Docker */
  static async plan(
    job: JobState,
    container: ContainerSpec | undefined,
    services: ServiceSpec[],
  ): Promise<JobContainers> {
    const docker = await job.openDocker();
    const mounts = container ? await jobMounts(job, docker) : [];
    return new JobContainers(job, docker, { container, services, mounts });
  }

  /** "Initialize containers". @throws UserError, DockerFailed, or the signal's reason; what was started then is left to `stop` */
  async start(output: StepOutput, signal: AbortSignal): Promise<void> {
    await this.#cleanUp(output);
    await this.#createNetwork(output, signal);
    if (this.#container) await this.#startJobContainer(this.#container, output, signal);
    for (const { alias, container } of this.#services) {
      if (container) await this.#startService(alias, container, output, signal);
      else output.print(`The service '${alias}' is left out: its image is empty.`);
    }
    await this.#awaitHealth(output, signal);
  }

  /** "Stop containers": never rejects. @returns false when something is left behind */
  async stop(output: StepOutput): Promise<boolean> {
    for (const started of this.#started) {
      if (started.alias === undefined) continue;
      await this.#tellEnd(started, output);
      await this.#printLog(started, output);
    }
    output.print('Stop and remove containers and network');
    const problems = await this.remove();
    for (const problem of problems) output.error(problem);
    return problems.length === 0;
  }

  async remove(): Promise<string[]> {
    await this.#bridge?.close();
    return await this.#docker.close().catch((error: unknown) => [errorText(error)]);
  }

  async #cleanUp(output: StepOutput): Promise<void> {
    const { runner, trackingId } = this.#job;
    try {
      const removed = await removeLeftovers(this.#docker.docker, runner.instance, trackingId);
      if (removed.length > 0) output.group('Clean up what runners that have died left behind', ...removed);
    } catch (error) {
      output.debug(`Leftovers could not be looked for: ${errorText(error)}`);
    }
  }

  async #createNetwork(output: StepOutput, signal: AbortSignal): Promise<void> {
    const name = `github_network_${newGuid().replaceAll('-', '')}`;
    output.command(`docker network create ${name}`);
    await this.#docker.docker.run(['network', 'create', ...this.#docker.labels, name], { signal });
    this.#docker.network = name;
  }

  async #startJobContainer(spec: ContainerSpec, output: StepOutput, signal: AbortSignal): Promise<void> {
    const [host, mounts] = [this.#host, this.#mounts];
    const fixed = ['--workdir', host.inside(this.#job.folders.workspace), '--entrypoint', 'tail'];
    const options = [...this.#docker.mountOptions(mounts, output), ...this.#docker.socketOptions, ...fixed];
    const variables = { ...proxyEnvironment(), HOME: host.inside(homeFolder(this.#job)), ...spec.env };
    const id = await this.#start(undefined, { ...spec, env: variables }, options, ['-f', '/dev/null'], output, signal);
    const inspected = await this.#docker.docker.inspect<Inspected>('container', id);
    if (!inspected?.State.Running) {
      throw new UserError('bad-container', `The container of ${spec.image} ended as soon as it was started.`, {
        hint: 'It must have the program tail.',
      });
    }
    await host.enter(id, pathOf(inspected));
    this.#bridge = await openServerBridge(this.#job, this.#docker.docker, host, id, output);
    this.#job.containers = { ...this.#job.containers, container: { id, network: this.#docker.network ?? '' } };
  }

  async #startService(alias: string, spec: ContainerSpec, output: StepOutput, signal: AbortSignal): Promise<void> {
    const options = ['--network-alias', alias, ...(spec.entrypoint ? ['--entrypoint', spec.entrypoint] : [])];
    const id = await this.#start(alias, spec, options, spec.command, output, signal);
    const inspected = await this.#docker.docker.inspect<Inspected>('container', id);
    if (!inspected?.State.Running) output.warning(`The service '${alias}' is not running: it has ended already.`);
    const service = { id, network: this.#docker.network ?? '', ports: inspected ? portsOf(inspected) : {} };
    const services = { ...(this.#job.containers.services as Record<string, Json> | undefined), [alias]: service };
    this.#job.containers = { ...this.#job.containers, services };
  }

  /** Pulls, creates and starts. The user's options come first, so that the runner's own win. @returns the id */
  async #start(
    alias: string | undefined,
    spec: ContainerSpec,
    options: string[],
    command: string[],
    output: StepOutput,
    signal: AbortSignal,
  ): Promise<string> {
    const { docker, labels, network = '' } = this.#docker;
    output.print(`##[group]Starting ${alias === undefined ? 'job container' : `service container ${alias}`}`);
    try {
      await pullImage(this.#docker, spec, this.#job.folders.temp, output, signal);
      const name = `${alias === undefined ? '' : `${alias}_`}${spec.image.replace(/[^A-Za-z0-9]/g, '')}_${newGuid().replaceAll('-', '').slice(0, 12)}`;
      const given = [
        ...limitOptions(spec.options),
        ...spec.ports.flatMap((port) => ['-p', port]),
        ...spec.volumes.flatMap((volume) => ['-v', this.#volume(volume)]),
        ...spec.options,
      ];
      const own = ['--name', name, ...labels, '--network', network, ...options];
      output.command(
        `docker create --name ${name} --network ${network} ${[...given, ...options].join(' ')} ${spec.image}`,
      );
      const variables = { ...proxyEnvironment(), GITHUB_ACTIONS: 'true', CI: 'true', ...spec.env };
      const printed = await docker.run(['create', ...given, VARIABLES, ...own, spec.image, ...command], {
        variables,
        signal,
      });
      const id = printed.trim().split('\n').at(-1) ?? '';
      this.#started.push({ alias, id, image: spec.image, startedAt: Date.now() });
      output.command(`docker start ${id}`);
      await docker.run(['start', id], { signal });
      return id;
    } finally {
      output.print('##[endgroup]');
    }
  }

  /** Folders of the runner are named as the engine sees them; others are the engine's own business. */
  #volume(volume: string): string {
    const [source = '', ...rest] = volume.split(':');
    const isOurs = rest.length > 0 && source.startsWith(this.#job.folders.work);
    return isOurs ? [enginePath(this.#docker.placement, source) ?? source, ...rest].join(':') : volume;
  }

  async #awaitHealth(output: StepOutput, signal: AbortSignal): Promise<void> {
    const services = this.#started.filter(({ alias }) => alias !== undefined);
    if (services.length === 0) return;
    output.print('##[group]Waiting for all services to be ready');
    const unhealthy: Started[] = [];
    for (const service of services) if (!(await this.#becomesHealthy(service, output, signal))) unhealthy.push(service);
    output.print('##[endgroup]');
    if (unhealthy.length === 0) return;
    for (const service of unhealthy) await this.#printLog(service, output);
    const names = unhealthy.map(({ alias }) => alias).join(', ');
    throw new UserError('unhealthy-service', `One or more containers failed to start: ${names}.`);
  }

  /** Without a health check a service is ready at once (SEM-14.7). */
  async #becomesHealthy({ alias, id }: Started, output: StepOutput, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      const inspected = await this.#docker.docker.inspect<Inspected>('container', id);
      const health = inspected?.State.Health?.Status;
      if (inspected && (health === undefined || health === 'none')) return true;
      if (health === 'healthy') output.print(`${alias} service is healthy.`);
      if (health !== 'starting' || !inspected?.State.Running) {
        if (health !== 'healthy') output.error(`The service '${alias}' is ${whyUnhealthy(inspected)}.`);
        return health === 'healthy';
      }
      const waitMs = backOffMs(attempt, HEALTH_BACK_OFF);
      output.print(
        `${alias} service is starting, waiting ${(waitMs / 1_000).toFixed(1)} seconds before checking again.`,
      );
      await sleep(waitMs, signal);
    }
  }

  /** A service that ended while the job ran may be why its steps failed. */
  async #tellEnd({ alias, id, startedAt }: Started, output: StepOutput): Promise<void> {
    const { docker } = this.#docker;
    const inspected = await docker.inspect<Inspected>('container', id).catch(() => undefined);
    const code = inspected?.State.ExitCode ?? KILLED;
    if (inspected?.State.Running || code === 0) return;
    const reason = await whyKilled(docker, id, code, { container: startedAt, step: startedAt });
    if (reason !== undefined) output.warning(`The service '${alias}' ended before the job did. ${reason}`);
  }

  async #printLog({ alias, id }: Started, output: StepOutput): Promise<void> {
    output.print(`##[group]Print service container logs: ${alias}`);
    await this.#docker.docker
      .run(['logs', '--tail', String(LOG_LINES), id], { onLines: (lines) => output.print(...lines) })
      .catch((error: unknown) => output.print(errorText(error)));
    output.print('##[endgroup]');
  }
}

const jobMounts = async (job: JobState, docker: JobDocker): Promise<Mount[]> => [
  ...(await madeFolders(job)),
  ...(await nodeMounts(job, docker.placement)),
];

const pathOf = ({ Config }: Inspected): string | undefined =>
  Config.Env?.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length);

/** SEM-14.8: `ports['6379']`; a number that two protocols have is TCP's. */
function portsOf({ NetworkSettings }: Inspected): Record<string, string> {
  const ports: Record<string, string> = {};
  for (const [port, bindings] of Object.entries(NetworkSettings.Ports ?? {})) {
    const [number = '', protocol] = port.split('/');
    const [binding] = bindings ?? [];
    if (binding && (protocol === 'tcp' || !(number in ports))) ports[number] = binding.HostPort;
  }
  return ports;
}

function whyUnhealthy(inspected: Inspected | undefined): string {
  if (!inspected) return 'gone: somebody removed its container';
  const { Running, ExitCode, Health } = inspected.State;
  return Running ? (Health?.Status ?? 'unhealthy') : `not running any more: it ended with exit code ${ExitCode}`;
}
