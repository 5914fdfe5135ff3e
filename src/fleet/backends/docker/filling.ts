/**
 * What volumes hold before any container sees them: the files of Secrets and the like, and folders whose parts are mounted.
 * A container that never runs is what they are written through, since the mounts of the others are read-only or of parts.
 */
import { join } from 'node:path/posix';
import { OutsideError } from '../../../common/errors.ts';
import type { VolumeFile, VolumeFiles } from '../../resources/volume-files.ts';
import type { ArchiveEntry } from './archive.ts';
import { containerName, LABELS, labelsOf, type Owner } from './names.ts';
import { engineName, isFolder, type Mount, mountOptions, type Volume, type Volumes } from './volumes.ts';

/** No container of a pod has a dot in its name. */
export const FILLING_PART = 'volumes.filling';
const ROOT = '/volumes';

export interface Filling {
  /** Of `docker create`. */
  options: string[];
  /** Volumes with files. */
  filled: string[];
  /** Parts of volumes that are to be mounted, as paths in its container. */
  folders: string[];
  /** Names on the engine of the volumes that those are of. */
  partsOf: string[];
}

/** A part of a volume with files, which is copied into a container. */
export interface Copy {
  volume: string;
  subPath: string;
  /** In the container. */
  to: string;
}

/** Undefined when these mounts need none. */
export function fillingOf(mounts: Mount[], volumes: Volumes, owner: Owner): Filling | undefined {
  const filled = mounts.filter(({ name, subPath }) => !subPath && volumes.get(name)?.kind === 'files');
  const parts = mounts.filter(({ name, subPath }) => subPath && isFolder(volumes.get(name)));
  const names = [...new Set([...filled, ...parts].map(({ name }) => name))];
  if (names.length === 0) return undefined;
  const own = names.map((name): Mount => ({ name, mountPath: join(ROOT, name), path: '' }));
  const folderOf = (name: string): Volume => {
    const volume = volumes.get(name);
    return volume?.kind === 'claim' ? volume : { kind: 'disk' };
  };
  const writable: Volumes = new Map(names.map((name) => [name, folderOf(name)]));
  return {
    options: [
      ...['--name', containerName(owner, FILLING_PART), '--network', 'none'],
      ...[...labelsOf(owner), `${LABELS.part}=${FILLING_PART}`].flatMap((label) => ['--label', label]),
      ...mountOptions(own, writable, owner, () => undefined),
    ],
    filled: [...new Set(filled.map(({ name }) => name))],
    folders: parts.map(({ name, subPath = '' }) => join(ROOT, name, subPath)),
    partsOf: [...new Set(parts.map(({ name }) => engineName(owner, name, volumes.get(name))))],
  };
}

export const copiesOf = (mounts: Mount[], volumes: Volumes): Copy[] =>
  mounts.flatMap(({ name, subPath, mountPath }) =>
    subPath && volumes.get(name)?.kind === 'files' ? [{ volume: name, subPath, to: mountPath }] : [],
  );

/** @param group that may read them too, as fsGroup has it */
export function fillingEntries({ filled, folders }: Filling, files: VolumeFiles, group?: number): ArchiveEntry[] {
  const entries = filled.flatMap((name) => [
    { path: join(ROOT, name), mode: 0o755 },
    ...(files[name] ?? []).map((file) => entryOf(file, join(ROOT, name, file.path), group)),
  ]);
  return [...entries, ...folders.map((path) => ({ path }))];
}

/** @throws OutsideError for a part that the volume does not have */
export function copiedEntries({ volume, subPath, to }: Copy, files: VolumeFiles, group?: number): ArchiveEntry[] {
  const folder = `${join(subPath)}/`;
  const found = (files[volume] ?? []).flatMap((file) => {
    if (`${file.path}/` === folder) return [entryOf(file, to, group)];
    return file.path.startsWith(folder) ? [entryOf(file, join(to, file.path.slice(folder.length)), group)] : [];
  });
  if (found.length > 0) return found;
  throw new OutsideError(`The volume "${volume}" has no "${subPath}", which is to be mounted at ${to}.`, {
    retryable: true,
  });
}

/** Kubernetes lets the group read what its owner may. */
const entryOf = ({ content, mode }: VolumeFile, path: string, group?: number): ArchiveEntry => ({
  path,
  content,
  mode: group === undefined ? mode : mode | 0o440,
  ...(group === undefined ? {} : { group }),
});
