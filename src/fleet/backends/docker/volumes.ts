/** Volumes of a runner's containers: volumes of the engine, which go with the runner, and folders of its machine. */
import { z } from 'zod';
import { mountFields, mountOption } from '../../../common/docker.ts';
import { parseQuantity } from '../../../common/quantity.ts';
import { elementsOf, type Field, read, type Warn, warnOfOthers } from './fields.ts';
import { labelsOf, type Owner, volumeName } from './names.ts';

export type Volume =
  | { kind: 'disk' }
  | { kind: 'memory'; sizeBytes: number | undefined }
  /** A folder or file of the engine's machine. @property mustExist the engine must not make what is missing */
  | { kind: 'host'; path: string; mustExist: boolean };

export type Volumes = ReadonlyMap<string, Volume>;

const KINDS = ['name', 'emptyDir', 'hostPath', 'ephemeral'];
const NO_SUCH_KIND = 'has no effect: the docker backend has volumes of emptyDir, hostPath and ephemeral';
const NO_SIZE = 'has no effect: only volumes of medium Memory have a limit with the docker backend';
const NO_CLAIM = 'has no effect: with the docker backend it is a volume of the engine, without a limit';

const EmptyDir = z.looseObject({
  medium: z.string().optional(),
  sizeLimit: z.union([z.string(), z.number()]).optional(),
});
const KubernetesVolume = z.looseObject({
  name: z.string().regex(/^[a-z0-9][-a-z0-9]*$/, 'must be lower-case letters, digits and -'),
  emptyDir: EmptyDir.optional(),
  hostPath: z.looseObject({ path: z.string().startsWith('/'), type: z.string().optional() }).optional(),
  ephemeral: z.looseObject({}).optional(),
});

/** Types of hostPath that Kubernetes checks nothing for, or makes a folder for. */
const MADE_WHEN_MISSING = ['', 'DirectoryOrCreate'];

/** `volumes` of the spec by name. */
export function readVolumes(field: Field | undefined, warn: Warn): Map<string, Volume> {
  const found = new Map<string, Volume>();
  for (const element of elementsOf(field)) {
    warnOfOthers(element, KINDS, NO_SUCH_KIND, warn);
    const volume = read(KubernetesVolume, element, warn);
    const kind = volume && kindOf(volume, element.path, warn);
    if (kind) found.set(volume.name, kind);
  }
  return found;
}

function kindOf(
  { emptyDir, hostPath, ephemeral }: z.infer<typeof KubernetesVolume>,
  path: string,
  warn: Warn,
): Volume | undefined {
  if (hostPath)
    return { kind: 'host', path: hostPath.path, mustExist: !MADE_WHEN_MISSING.includes(hostPath.type ?? '') };
  if (emptyDir) return emptyDirVolume(emptyDir, `${path}.emptyDir`, warn);
  if (!ephemeral) return undefined;
  warn(`${path}.ephemeral`, NO_CLAIM);
  return { kind: 'disk' };
}

function emptyDirVolume({ medium = '', sizeLimit }: z.infer<typeof EmptyDir>, path: string, warn: Warn): Volume {
  const sizeBytes = sizeLimit === undefined ? undefined : parseQuantity(String(sizeLimit));
  if (sizeLimit !== undefined && sizeBytes === undefined)
    warn(`${path}.sizeLimit`, `has no effect: "${sizeLimit}" is no amount, such as 500Mi`);
  if (medium === 'Memory') return { kind: 'memory', sizeBytes };
  if (medium !== '') warn(`${path}.medium`, 'has no effect: the docker backend knows the medium Memory');
  if (sizeBytes !== undefined) warn(`${path}.sizeLimit`, NO_SIZE);
  return { kind: 'disk' };
}

export interface Mount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  /** Where it comes from, for a warning. */
  path: string;
}

const KubernetesMount = z.looseObject({
  name: z.string(),
  mountPath: z.string().startsWith('/'),
  readOnly: z.boolean().optional(),
});
const NO_PART = 'has no effect: the docker backend mounts whole volumes';

export function readMounts(field: Field | undefined, warn: Warn): Mount[] {
  return elementsOf(field).flatMap((element) => {
    warnOfOthers(element, Object.keys(KubernetesMount.shape), NO_PART, warn);
    const mount = read(KubernetesMount, element, warn);
    return mount ? [{ ...mount, path: element.path }] : [];
  });
}

/** Options of `docker create`; a mount whose volume is not there is told and left out. */
export function mountOptions(mounts: Mount[], volumes: Volumes, owner: Owner, warn: Warn): string[] {
  return mounts.flatMap((mount) => {
    const volume = volumes.get(mount.name);
    if (volume) return oneMount(mount, volume, owner);
    warn(mount.path, `has no effect: there is no volume "${mount.name}" that the docker backend has`);
    return [];
  });
}

function oneMount({ name, mountPath, readOnly = false }: Mount, volume: Volume, owner: Owner): string[] {
  if (volume.kind === 'host') {
    if (volume.mustExist) return ['--mount', mountOption(volume.path, mountPath, readOnly)];
    return ['--volume', `${volume.path}:${mountPath}${readOnly ? ':ro' : ''}`];
  }
  const fields = [
    'type=volume',
    `source=${volumeName(owner, name)}`,
    `target=${mountPath}`,
    ...labelsOf(owner).map((label) => `volume-label=${label}`),
    ...(volume.kind === 'memory' ? memoryFields(volume.sizeBytes) : []),
    ...(readOnly ? ['readonly'] : []),
  ];
  return ['--mount', mountFields(fields)];
}

function memoryFields(sizeBytes: number | undefined): string[] {
  const size = sizeBytes === undefined ? [] : [`size=${Math.floor(sizeBytes)}`];
  const options = ['type=tmpfs', 'device=tmpfs', `o=${['mode=0777', ...size].join(',')}`];
  return ['volume-driver=local', ...options.map((option) => `volume-opt=${option}`)];
}
