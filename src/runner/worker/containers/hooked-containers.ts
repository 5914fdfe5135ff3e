/** The container and the services of a job, made by the operator's hooks: runner-protocol 11.8. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, UserError } from '../../../common/errors.ts';
import type { Json } from '../../../protocol/runner/tokens.ts';
import type { ProcessOptions, RunningProcess } from '../../process.ts';
import type { JobState } from '../job-state.ts';
import type { StepHost } from '../step-host.ts';
import type { StepOutput } from '../step-output.ts';
import { ContainerHooks, type HookAnswer, type HookContainer, type HookMount } from './container-hooks.ts';
import type { ContainerSpec, ServiceSpec } from './container-spec.ts';
import { registryOf } from './images.ts';
import { folderPairs, homeFolder, madeFolders } from './job-folders.ts';
import { gatheredNodes, OWN_NODE } from './own-node.ts';
import { PathMap, type PathPair } from './paths.ts';
import type { Containers } from './plan.ts';

/** What hooks are told where there is nothing to tell. */
export const noContainer: HookContainer = {
  image: null,
  dockerfile: null,
  entryPoint: null,
  entryPointArgs: [],
  workingDirectory: null,
  createOptions: '',
  environmentVariables: {},
  userMountVolumes: [],
  systemMountVolumes: [],
  registry: null,
  portMappings: [],
};

export class HookedContainers implements Containers {
  readonly #job: JobState;
  readonly #container: ContainerSpec | undefined;
  readonly #services: (ServiceSpec & { container: ContainerSpec })[];
  readonly #host: HookedHost;

  constructor(job: JobState, container: ContainerSpec | undefined, services: ServiceSpec[]) {
    this.#job = job;
    this.#container = container;
    this.#services = services.flatMap((service) =>
      service.container ? [{ ...service, container: service.container }] : [],
    );
    this.#host = new HookedHost(job);
    if (container) job.host = this.#host;
  }

  /** "Initialize containers". @throws UserError `container-hook`, or the signal's reason */
  async start(output: StepOutput, signal: AbortSignal): Promise<void> {
    const mounts = await madeFolders(this.#job);
    const args = {
      container: this.#container ? await this.#jobContainer(this.#container, mounts) : null,
      services: this.#services.map(({ alias, container }) => ({ ...described(container), contextName: alias })),
    };
    const answer = await ContainerHooks.of(this.#job).call('prepare_job', args, output, signal);
    if (this.#container && typeof answer.isAlpine !== 'boolean') {
      throw new UserError('container-hook', 'The container hook did not answer prepare_job with isAlpine.');
    }
    this.#host.enter(answer.isAlpine ?? false);
    this.#job.containers = this.#contexts(answer);
  }

  /** "Stop containers". Never rejects. */
  async stop(output: StepOutput): Promise<boolean> {
    const problems = await this.remove(output);
    for (const problem of problems) output.error(problem);
    return problems.length === 0;
  }

  async remove(output?: StepOutput): Promise<string[]> {
    try {
      await ContainerHooks.of(this.#job).call('cleanup_job', null, output);
      return [];
    } catch (error) {
      return [errorText(error)];
    }
  }

  async #jobContainer(spec: ContainerSpec, mounts: PathPair[]): Promise<HookContainer> {
    const home = this.#host.inside(homeFolder(this.#job));
    const socket = '/var/run/docker.sock';
    return {
      ...described(spec),
      entryPoint: 'tail',
      entryPointArgs: ['-f', '/dev/null'],
      workingDirectory: this.#host.inside(this.#job.folders.workspace),
      environmentVariables: { HOME: home, ...spec.env },
      systemMountVolumes: [
        ...mounts.map(({ outside, inside }) => mountOf(outside, inside)),
        mountOf(await gatheredNodes(this.#job), '/__e', true),
        ...(existsSync(socket) ? [mountOf(socket, socket)] : []),
      ],
    };
  }

  /** Services are answered in the order of the request, without their names. */
  #contexts({ context }: HookAnswer): Record<string, Json> {
    const told = (answer: { id?: string | null; network?: string | null } | null | undefined) => ({
      id: answer?.id ?? '',
      network: answer?.network ?? '',
    });
    const services = this.#services.map(({ alias }, index): [string, Json] => {
      const answer = context?.services?.[index];
      const ports = Object.entries(answer?.ports ?? {}).flatMap(([port, host]) => (host ? [[port, String(host)]] : []));
      return [alias, { ...told(answer), ports: Object.fromEntries(ports) as Record<string, string> }];
    });
    return {
      ...(this.#container ? { container: told(context?.container) } : {}),
      ...(services.length > 0 ? { services: Object.fromEntries(services) } : {}),
    };
  }
}

function described(spec: ContainerSpec): HookContainer {
  const { image, credentials, env, ports, volumes, options, entrypoint, command } = spec;
  return {
    ...noContainer,
    image,
    entryPoint: entrypoint ?? null,
    entryPointArgs: command,
    createOptions: options.map(quoted).join(' '),
    environmentVariables: env,
    userMountVolumes: volumes.map(readVolume),
    registry: credentials ? { ...credentials, serverUrl: registryOf(image) ?? 'https://index.docker.io/v1/' } : null,
    portMappings: ports,
  };
}

/** Hooks split options at spaces, or as a shell does. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

const mountOf = (sourceVolumePath: string, targetVolumePath: string, readOnly = false): HookMount => ({
  sourceVolumePath,
  targetVolumePath,
  readOnly,
});

/** `source:target[:ro]`, or a target alone. */
function readVolume(volume: string): HookMount {
  const [first = '', second, options = ''] = volume.split(':');
  const isReadOnly = options.split(',').includes('ro');
  return second === undefined ? mountOf('', first) : mountOf(first, second, isReadOnly);
}

/** The job's container as the hooks enter it. */
class HookedHost implements StepHost {
  readonly isContainer = true;
  readonly environment = {};
  readonly #job: JobState;
  readonly #paths: PathMap;
  #isAlpine = false;
  #isReady = false;

  constructor(job: JobState) {
    this.#job = job;
    const { externals, root } = job.runner;
    this.#paths = new PathMap([
      ...folderPairs(job),
      { outside: join(root, 'externals'), inside: '/__e' },
      { outside: externals, inside: '/__e' },
      { outside: process.execPath, inside: OWN_NODE },
    ]);
  }

  enter(isAlpine: boolean): void {
    this.#isAlpine = isAlpine;
    this.#isReady = true;
  }

  inside(path: string): string {
    return this.#paths.inside(path);
  }

  outside(path: string): string {
    return this.#paths.outside(path);
  }

  /** The image's own on Alpine, where none for musl is brought. */
  async nodeProgram(program: string): Promise<string> {
    return this.#isAlpine ? 'node' : this.inside(program);
  }

  /** The script's own exit code is the step's: more it cannot tell. */
  async start({ command, args, cwd, env, ...streams }: ProcessOptions): Promise<RunningProcess> {
    if (!this.#isReady) throw new UserError('bad-container', 'The container of the job does not run.');
    const { path } = this.#job;
    const { PATH, ...variables } = env;
    const isOwnPath = PATH === undefined || PATH === path.join(':');
    const step = {
      entryPoint: command,
      entryPointArgs: args,
      environmentVariables: isOwnPath ? variables : env,
      prependPath: path,
      workingDirectory: cwd,
    };
    return await ContainerHooks.of(this.#job).start('run_script_step', step, streams);
  }
}
