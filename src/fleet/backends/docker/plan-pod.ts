/**
 * The containers of one runner, as options of `docker create`: the runner itself, and what a pod of ARC would have
 * beside it. Pure; what it cannot honour it says (D-1), so that review and start never differ. Rules POD-n:
 * fleet-semantics 5.2.
 */
import { z } from 'zod';
import type { FieldWarning } from '../../resources/kind.ts';
import type { RunnerSpec } from '../../resources/runner-spec.ts';
import { type DockerMode, dockerdArguments, dockerMode, RUN_FOLDER, runnerVariables } from './docker-modes.ts';
import { elementsOf, type Field, type Fields, fieldsOf, read, type Warn, warnOfOthers } from './fields.ts';
import { type Copy, copiesOf, type Filling, fillingOf } from './filling.ts';
import { liesIn, RUNNER_ROOT, workDirOf } from './folders.ts';
import { containerName, LABELS, labelsOf, type Owner, RUNNER_PART } from './names.ts';
import { isMachinesNetwork, networkOptions, ownNetwork } from './network.ts';
import { resourceOptions } from './resources.ts';
import { reviewFields, reviewPullSecrets } from './review.ts';
import { fileGroup, hasSeLinuxOptions, reviewPodSecurity, securityOptions, sysctlOptions } from './security.ts';
import { commandLine, readVariables, reviewSources } from './variables.ts';
import { isFolder, type Mount, mountOptions, readMounts, readVolumes, type Volume, type Volumes } from './volumes.ts';

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

export interface ContainerPlan {
  part: string;
  image: string;
  pullPolicy: PullPolicy;
  /** Of `docker create`. */
  options: string[];
  variables: Record<string, string>;
  /** What follows the image. */
  command: string[];
  /** Folders of it that everybody may write to, as in an emptyDir; they are on volumes that it mounts first. */
  openFolders: string[];
  /** Nothing but its volumes can be written to, by us either. */
  hasReadOnlyRoot: boolean;
  copies: Copy[];
}

export interface PodPlan {
  /** Done before everything else. */
  filling: Filling | undefined;
  /** Group of files in volumes. */
  fileGroup: number | undefined;
  /** Run one after the other, each to its end, before the runner. */
  init: ContainerPlan[];
  runner: ContainerPlan;
  /** Run as long as the runner does. */
  beside: ContainerPlan[];
  warnings: FieldWarning[];
}

export interface Place {
  owner: Owner;
  /** The GitHub that runners serve. */
  serverUrl: string;
  /** Of runners whose spec names none; one that has dockerd too is called the same with `-dind` behind it. */
  image: string;
  /** Of the Docker-in-Docker sidecar. */
  dockerImage: string;
  /** As option `--network` takes it; empty for the engine's own default. */
  network: string;
  /** Settings of this program that are for runners. */
  settings: Record<string, string>;
  /** Group that a socket of this machine is for. */
  socketGroup(path: string): number | undefined;
}

export function planPod(spec: RunnerSpec, place: Place): PodPlan {
  return new Planner(spec, place).plan();
}

const DOCKER_PART = 'docker';
const CONTAINER_FIELDS =
  'name image command args env envFrom resources volumeMounts imagePullPolicy securityContext workingDir ports'.split(
    ' ',
  );
const UNKNOWN_FIELD = 'has no effect: the docker backend does not know it';
const PullPolicies = z.enum(['Always', 'IfNotPresent', 'Never']);
const NO_SHARED_NETWORK =
  'has less effect: the server listens on loopback, so runners are in the network of the machine and the docker sidecar is not: ports of services are not at localhost (see SWITCHYARD_DOCKER_NETWORK)';
/** Bounds what the engine keeps of a runner's output. */
const LOG_OPTIONS = ['--log-driver', 'json-file', '--log-opt', 'max-size=10m'];

interface Extra {
  options: string[];
  mounts: Mount[];
  image: { name: string; pullPolicy: PullPolicy };
  /** Wins over the container's own. */
  variables?: Record<string, string>;
  command?: (own: string[], variables: Record<string, string>) => string[];
}

class Planner {
  readonly #spec: RunnerSpec;
  readonly #place: Place;
  readonly #mode: DockerMode;
  readonly #warnings: FieldWarning[] = [];
  readonly #warn: Warn = (field, message) => this.#warnings.push({ field, message });
  readonly #volumes: Volumes;
  /** Volumes that a container before this one has opened. */
  readonly #opened = new Set<string>();
  /** Of all containers. */
  readonly #mounts: Mount[] = [];

  constructor(spec: RunnerSpec, place: Place) {
    this.#spec = spec;
    this.#place = place;
    this.#mode = dockerMode(spec);
    this.#volumes = this.#allVolumes();
  }

  plan(): PodPlan {
    const warn = this.#warn;
    reviewFields(this.#spec, warn);
    reviewPodSecurity(this.#field('securityContext'), warn);
    reviewPullSecrets(this.#field('imagePullSecrets'), warn);
    const given = elementsOf(this.#field('containers'));
    const named = (name: string) => given.find(({ value }) => nameOf(value) === name);
    const others = given.filter(({ value }) => ![RUNNER_PART, this.#sidecarName()].includes(nameOf(value)));
    const init = elementsOf(this.#field('initContainers')).map((own) => this.#initContainer(own));
    const runner = this.#runner(named(RUNNER_PART));
    const beside = [
      ...(this.#mode === 'sidecar' ? [this.#docker(named(DOCKER_PART))] : []),
      ...[...others, ...elementsOf(this.#field('sidecarContainers'))].map((own) => this.#besideRunner(own)),
    ];
    return {
      filling: fillingOf(this.#mounts, this.#volumes, this.#place.owner),
      fileGroup: fileGroup(this.#field('securityContext')),
      init,
      runner,
      beside,
      warnings: this.#warnings,
    };
  }

  #field(name: keyof RunnerSpec & string): Field {
    return { path: name, value: this.#spec[name] };
  }

  /** In the other modes a container called docker is one like others. */
  #sidecarName(): string | undefined {
    return this.#mode === 'sidecar' ? DOCKER_PART : undefined;
  }

  #runner(own: Field | undefined): ContainerPlan {
    const spec = this.#spec;
    const { settings } = this.#place;
    const fields = fieldsOf(own, this.#instead('env', 'envFrom', 'resources', 'imagePullPolicy'));
    const mounts = this.#runnerMounts(fields);
    const image = this.#runnerImage(fields);
    return this.#container(RUNNER_PART, own, fields, {
      image,
      mounts,
      variables: { ...settings, ...runnerVariables(spec, this.#mode, this.#place, image.name) },
      options: [
        ...networkOptions(spec, this.#place, this.#warn),
        ...sysctlOptions(this.#field('securityContext')),
        ...(this.#mode === 'inside' ? ['--privileged', '--volume', '/var/lib/docker'] : []),
        ...(spec.runtimeClassName ? ['--runtime', spec.runtimeClassName] : []),
        ...mounts.flatMap(({ name }) => this.#socketGroup(this.#volumes.get(name))),
      ],
    });
  }

  #runnerImage(fields: Fields): Extra['image'] {
    const { image: fallback } = this.#place;
    const named = read(z.string(), fields('image'), this.#warn) ?? this.#spec.image;
    const own = this.#mode === 'inside' ? `${fallback}-dind` : fallback;
    // What was built here comes from no registry.
    const policy = named ? 'Always' : own.startsWith('localhost/') ? 'Never' : 'IfNotPresent';
    return { name: named || own, pullPolicy: this.#pullPolicy(fields) ?? policy };
  }

  /** POD-6, POD-7, POD-10 */
  #runnerMounts(fields: Fields): Mount[] {
    const own = [
      ...readMounts(fields('volumeMounts'), this.#warn),
      ...readMounts(this.#field('volumeMounts'), this.#warn),
    ];
    const isTaken = ({ name, mountPath }: Mount): boolean =>
      own.some((mount) => mount.mountPath === mountPath || (name === 'work' && this.#isWorkFolder(mount)));
    return [...this.#generatedMounts().filter((mount) => !isTaken(mount)), ...own];
  }

  /** Without a sidecar a folder that has the work folder in it is one as well: the machine's, for Docker out of Docker. */
  #isWorkFolder({ name, mountPath }: Mount): boolean {
    return name === 'work' || (this.#mode !== 'sidecar' && liesIn(workDirOf(this.#spec), mountPath));
  }

  /** POD-8, POD-13 */
  #docker(own: Field | undefined): ContainerPlan {
    const spec = this.#spec;
    const fields = fieldsOf(own, {
      env: this.#field('dockerEnv'),
      resources: this.#field('dockerdContainerResources'),
      volumeMounts: this.#field('dockerVolumeMounts'),
    });
    const given = readMounts(fields('volumeMounts'), this.#warn);
    const generated = this.#generatedMounts().filter(
      ({ name, mountPath }) =>
        (name === 'runner' || !given.some((mount) => mount.name === name)) &&
        !given.some((mount) => mount.mountPath === mountPath),
    );
    const hasLayers = given.some(({ mountPath }) => mountPath === '/var/lib/docker');
    const isPrivileged = !fields('securityContext') && !hasSeLinuxOptions(this.#field('securityContext'));
    const image = read(z.string(), fields('image'), this.#warn) ?? this.#place.dockerImage;
    if (isMachinesNetwork(this.#place)) this.#warn('dockerEnabled', NO_SHARED_NETWORK);
    return this.#container(DOCKER_PART, own, fields, {
      image: { name: image, pullPolicy: this.#pullPolicy(fields) ?? 'IfNotPresent' },
      mounts: [...given, ...generated],
      options: [
        ...(isPrivileged ? ['--privileged'] : []),
        ...(hasLayers ? [] : ['--volume', '/var/lib/docker']),
        ...ownNetwork(this.#place),
      ],
      command: (args, variables) => dockerdArguments(spec, args, variables),
    });
  }

  #besideRunner(own: Field): ContainerPlan {
    return this.#other(own, ['--network', `container:${containerName(this.#place.owner, RUNNER_PART)}`]);
  }

  #initContainer(own: Field): ContainerPlan {
    const { network } = this.#place;
    return this.#other(own, network === '' ? [] : ['--network', network]);
  }

  #other(own: Field, options: string[]): ContainerPlan {
    const fields = fieldsOf(own);
    const image = read(z.string(), fields('image'), this.#warn) ?? '';
    const pullPolicy = this.#pullPolicy(fields) ?? 'IfNotPresent';
    const mounts = readMounts(fields('volumeMounts'), this.#warn);
    return this.#container(nameOf(own.value), own, fields, { image: { name: image, pullPolicy }, mounts, options });
  }

  #container(part: string, own: Field | undefined, fields: Fields, extra: Extra): ContainerPlan {
    const warn = this.#warn;
    const { owner } = this.#place;
    warnOfOthers(own, CONTAINER_FIELDS, UNKNOWN_FIELD, warn);
    reviewSources(fields('envFrom'), warn);
    const variables = { ...readVariables(fields('env'), warn), ...extra.variables };
    const { entrypoint, words, args } = commandLine(fields('command'), fields('args'), variables, warn);
    const folder = read(z.string(), fields('workingDir'), warn);
    this.#mounts.push(...extra.mounts);
    const security = securityOptions(this.#field('securityContext'), fields('securityContext'), warn);
    return {
      part,
      image: extra.image.name,
      pullPolicy: extra.image.pullPolicy,
      variables,
      options: [
        ...['--name', containerName(owner, part), ...LOG_OPTIONS],
        ...[...labelsOf(owner), `${LABELS.part}=${part}`].flatMap((label) => ['--label', label]),
        ...extra.options,
        ...resourceOptions(fields('resources'), warn),
        ...security,
        ...mountOptions(extra.mounts, this.#volumes, owner, warn),
        ...(folder === undefined ? [] : ['--workdir', folder]),
        ...entrypoint,
      ],
      command: [...words, ...(extra.command ? extra.command(args, variables) : args)],
      openFolders: this.#toOpen(extra.mounts),
      hasReadOnlyRoot: security.includes('--read-only'),
      copies: copiesOf(extra.mounts, this.#volumes),
    };
  }

  /** Of what only this one container could have opened so far. */
  #toOpen(mounts: Mount[]): string[] {
    const found = mounts.filter(
      ({ name, readOnly, subPath }) =>
        !readOnly && !subPath && isFolder(this.#volumes.get(name)) && !this.#opened.has(name),
    );
    for (const { name } of found) this.#opened.add(name);
    return found.map(({ mountPath }) => mountPath);
  }

  /** POD-6 and POD-7; those of the spec take their place (POD-10). */
  #allVolumes(): Volumes {
    const generated: [string, Volume][] = this.#generatedMounts().map(({ name }) => [
      name,
      name === 'var-run' ? RUN_FOLDER.volume(this.#spec) : { kind: 'disk' },
    ]);
    return new Map([...generated, ...readVolumes(this.#field('volumes'), this.#warn)]);
  }

  #generatedMounts(): Mount[] {
    const { volumeSizeLimit } = this.#spec;
    const hasSidecar = this.#mode === 'sidecar';
    const isRefused = volumeSizeLimit !== undefined && Number.parseFloat(String(volumeSizeLimit)) === 0;
    const mount = (name: string, mountPath: string): Mount => ({ name, mountPath, path: name });
    const workDir = workDirOf(this.#spec);
    return [
      ...(isRefused && !hasSidecar ? [] : [mount('runner', RUNNER_ROOT)]),
      // Elsewhere the runner's user could make no folder.
      ...(hasSidecar || !liesIn(workDir, RUNNER_ROOT) ? [mount('work', workDir)] : []),
      ...(hasSidecar ? [mount('var-run', RUN_FOLDER.path)] : []),
    ];
  }

  #pullPolicy(fields: Fields): PullPolicy | undefined {
    return read(PullPolicies, fields('imagePullPolicy'), this.#warn);
  }

  /** Whoever is given the socket of the machine's engine may also open it. */
  #socketGroup(volume: Volume | undefined): string[] {
    const group = volume?.kind === 'host' ? this.#place.socketGroup(volume.path) : undefined;
    return group === undefined ? [] : ['--group-add', String(group)];
  }

  #instead(...names: (keyof RunnerSpec & string)[]): Record<string, Field> {
    return Object.fromEntries(names.map((name) => [name, this.#field(name)]));
  }
}

const nameOf = (container: unknown): string => String((container as { name?: unknown } | null)?.name ?? '');
