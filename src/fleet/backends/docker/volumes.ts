/** Volumes of a runner's containers: volumes of the engine, which go with the runner, and folders of its machine. */
import { join } from 'node:path/posix';
import { z } from 'zod';
import { mountFields, mountOption } from '../../../common/docker.ts';
import { parseQuantity } from '../../../common/quantity.ts';
import { emptyParts, FILLED_KINDS, FILLED_VOLUMES, type FilledKind, isBelow } from '../../resources/volume-files.ts';
import { elementsOf, type Field, read, type Warn, warnOfOthers } from './fields.ts';
import { claimLabels, claimName, labelsOf, type Owner, volumeName } from './names.ts';

export type Volume =
  | { kind: 'disk' }
  | { kind: 'memory'; sizeBytes: number | undefined }
  /** A volume of the engine that outlives its runners. */
  | { kind: 'claim'; claim: string }
  /** Of Secrets and the like: filled before any container sees it. */
  | { kind: 'files' }
  /** A folder or file of the engine's machine. @property mustExist the engine must not make what is missing */
  | { kind: 'host'; path: string; mustExist: boolean };

export type Volumes = ReadonlyMap<string, Volume>;

const KINDS = ['name', 'emptyDir', 'hostPath', 'ephemeral', 'persistentVolumeClaim', ...FILLED_KINDS];
const NO_SUCH_KIND = `has no effect: the docker backend has volumes of ${KINDS.slice(1).join(', ')}`;
const NO_FILE = 'has no effect: a file comes from a Secret, a ConfigMap, or a field of the metadata';
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
  persistentVolumeClaim: z
    .looseObject({ claimName: z.string().regex(/^[a-z0-9][-.a-z0-9]*$/, 'must be small letters, digits, - and .') })
    .optional(),
});

/** Types of hostPath that Kubernetes checks nothing for, or makes a folder for. */
const MADE_WHEN_MISSING = ['', 'DirectoryOrCreate'];

/** `volumes` of the spec by name. */
export function readVolumes(field: Field | undefined, warn: Warn): Map<string, Volume> {
  const found = new Map<string, Volume>();
  for (const element of elementsOf(field)) {
    warnOfOthers(element, KINDS, NO_SUCH_KIND, warn);
    const volume = read(KubernetesVolume, element, warn);
    const kind = volume && (filled(volume, element.path, warn) ?? kindOf(volume, element.path, warn));
    if (kind) found.set(volume.name, kind);
  }
  return found;
}

function kindOf(
  { emptyDir, hostPath, ephemeral, persistentVolumeClaim: claim }: z.infer<typeof KubernetesVolume>,
  path: string,
  warn: Warn,
): Volume | undefined {
  if (hostPath)
    return { kind: 'host', path: hostPath.path, mustExist: !MADE_WHEN_MISSING.includes(hostPath.type ?? '') };
  if (emptyDir) return emptyDirVolume(emptyDir, `${path}.emptyDir`, warn);
  if (claim) return { kind: 'claim', claim: claim.claimName };
  if (!ephemeral) return undefined;
  warn(`${path}.ephemeral`, NO_CLAIM);
  return { kind: 'disk' };
}

function filled(volume: Record<string, unknown>, path: string, warn: Warn): Volume | undefined {
  const isKind = (kind: FilledKind): boolean => {
    const field = { path: `${path}.${kind}`, value: volume[kind] };
    if (read(FILLED_VOLUMES[kind], field, warn) === undefined) return false;
    for (const part of emptyParts(kind, field.value)) warn(field.path + part, NO_FILE);
    return true;
  };
  return FILLED_KINDS.some(isKind) ? { kind: 'files' } : undefined;
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
  readOnly?: boolean | undefined;
  /** Folder or file in the volume that is mounted in its place. */
  subPath?: string | undefined;
  /** Where it comes from, for a warning. */
  path: string;
}

const KubernetesMount = z.looseObject({
  name: z.string(),
  mountPath: z.string().startsWith('/'),
  readOnly: z.boolean().optional(),
  subPath: z
    .string()
    .refine((path) => path === '' || isBelow(path), 'must be a path inside the volume')
    .transform((path) => path || undefined)
    .optional(),
});
const NO_PART = 'has no effect: the docker backend does not know it';
const NO_MEMORY_PART = 'has no effect: the docker backend mounts whole volumes of medium Memory';

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
    if (volume?.kind === 'memory' && mount.subPath) warn(`${mount.path}.subPath`, NO_MEMORY_PART);
    if (volume) return oneMount(mount, volume, owner);
    warn(mount.path, `has no effect: there is no volume "${mount.name}" that the docker backend has`);
    return [];
  });
}

function oneMount({ name, mountPath, subPath, readOnly = false }: Mount, volume: Volume, owner: Owner): string[] {
  if (volume.kind === 'host') {
    const path = subPath === undefined ? volume.path : join(volume.path, subPath);
    if (volume.mustExist) return ['--mount', mountOption(path, mountPath, readOnly)];
    return ['--volume', `${path}:${mountPath}${readOnly ? ':ro' : ''}`];
  }
  // A part of one with files is copied (`copiesOf`), which engines of every version can.
  if (volume.kind === 'files' && subPath !== undefined) return [];
  if (isFolder(volume) && subPath !== undefined)
    return ['--mount', mountOption(join(standIn(engineName(owner, name, volume)), subPath), mountPath, readOnly)];
  const fields = [
    'type=volume',
    `source=${engineName(owner, name, volume)}`,
    `target=${mountPath}`,
    ...(volume.kind === 'claim' ? claimLabels(owner, volume.claim) : labelsOf(owner)).map(
      (label) => `volume-label=${label}`,
    ),
    ...(volume.kind === 'memory' ? memoryFields(volume.sizeBytes) : []),
    ...(volume.kind === 'files' ? ['volume-nocopy'] : []),
    ...(readOnly || volume.kind === 'files' ? ['readonly'] : []),
  ];
  return ['--mount', mountFields(fields)];
}

/** A folder of its own on the engine's disk, which runners write to. */
export const isFolder = (volume: Volume | undefined): boolean => volume?.kind === 'disk' || volume?.kind === 'claim';

export const engineName = (owner: Owner, name: string, volume: Volume | undefined): string =>
  volume?.kind === 'claim' ? claimName(owner, volume.claim) : volumeName(owner, name);

/**
 * For the folder of a volume on the engine's machine, known once there is one (`withFolders`): engines before 26 leave
 * out without a word which part of a volume is asked for.
 */
const standIn = (volume: string): string => `\0${volume}\0`;

/** @param folders of volumes by their names on the engine */
export const withFolders = (options: string[], folders: ReadonlyMap<string, string>): string[] =>
  options.map((option) => option.replace(/\0(.*)\0/, (_, volume: string) => folders.get(volume) ?? ''));

function memoryFields(sizeBytes: number | undefined): string[] {
  const size = sizeBytes === undefined ? [] : [`size=${Math.floor(sizeBytes)}`];
  const options = ['type=tmpfs', 'device=tmpfs', `o=${['mode=0777', ...size].join(',')}`];
  return ['volume-driver=local', ...options.map((option) => `volume-opt=${option}`)];
}
