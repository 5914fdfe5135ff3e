/** Volumes whose files the fleet has: Secrets, ConfigMaps and metadata, looked up when a runner is started. */
import { posix } from 'node:path';
import { z } from 'zod';
import { OutsideError } from '../../common/errors.ts';
import type { ObjectMeta } from './object.ts';
import type { RunnerSpec } from './runner-spec.ts';
import { FieldReference, fieldOf } from './variable-references.ts';

/** Kubernetes' default of `defaultMode`. */
const USUAL_MODE = 0o644;

const optional = z.boolean().optional();
const mode = z.int().min(0).max(0o777).optional();
const path = z
  .string()
  .min(1)
  .refine((given) => isBelow(given), 'must be a path inside the volume');
const Item = z.looseObject({ key: z.string(), path, mode });
const items = z.array(Item).optional();
const MetadataItem = z.looseObject({ path, mode, fieldRef: FieldReference });
/** Each is read alone: one that is nothing here, such as an amount of memory, leaves the others as they are. */
const Metadata = z.looseObject({ items: z.array(z.unknown()).optional() });
const Named = z.looseObject({ name: z.string().min(1), items, optional });
const Source = z.union([
  z.strictObject({ secret: Named }),
  z.strictObject({ configMap: Named }),
  z.strictObject({ downwardAPI: Metadata }),
]);

/** What such a volume may be here, by the field that makes it one. */
export const FILLED_VOLUMES = {
  secret: z.looseObject({ secretName: z.string().min(1), items, optional, defaultMode: mode }),
  configMap: z.looseObject({ ...Named.shape, defaultMode: mode }),
  downwardAPI: z.looseObject({ ...Metadata.shape, defaultMode: mode }),
  projected: z.looseObject({ sources: z.array(z.unknown()).optional(), defaultMode: mode }),
} as const;
export type FilledKind = keyof typeof FILLED_VOLUMES;

export const FILLED_KINDS = Object.keys(FILLED_VOLUMES) as FilledKind[];

export interface VolumeFile {
  /** Below the volume. */
  path: string;
  content: Buffer;
  mode: number;
}

/** By the volume's name. */
export type VolumeFiles = Record<string, VolumeFile[]>;

export interface VolumePlace {
  metadata: ObjectMeta;
  /** All keys of a Secret or ConfigMap of the runner's namespace. */
  contentOf(plural: 'secrets' | 'configmaps', name: string): Record<string, Buffer> | undefined;
}

/** Whether a path stays in the folder that it is relative to. */
export const isBelow = (given: string): boolean =>
  !given.startsWith('/') && !/^\.\.(?:\/|$)/.test(posix.normalize(given));

/**
 * The files of every volume of the spec that has such; what cannot be one has been warned of.
 * @throws OutsideError that names what does not exist and is not optional
 */
export function volumeFiles({ volumes = [] }: RunnerSpec, place: VolumePlace): VolumeFiles {
  const found: VolumeFiles = {};
  for (const volume of volumes) {
    const files = filesOf(volume, place);
    if (files) found[String(volume.name)] = files;
  }
  return found;
}

function filesOf(volume: Record<string, unknown>, place: VolumePlace): VolumeFile[] | undefined {
  const secret = FILLED_VOLUMES.secret.safeParse(volume.secret).data;
  if (secret) return keptFiles('secrets', { ...secret, name: secret.secretName }, secret.defaultMode, place);
  const configMap = FILLED_VOLUMES.configMap.safeParse(volume.configMap).data;
  if (configMap) return keptFiles('configmaps', configMap, configMap.defaultMode, place);
  const metadata = FILLED_VOLUMES.downwardAPI.safeParse(volume.downwardAPI).data;
  if (metadata) return metadataFiles(metadata, metadata.defaultMode, place);
  const projected = FILLED_VOLUMES.projected.safeParse(volume.projected).data;
  if (!projected) return undefined;
  return understood(Source, projected.sources).flatMap((source) => {
    if ('secret' in source) return keptFiles('secrets', source.secret, projected.defaultMode, place);
    if ('configMap' in source) return keptFiles('configmaps', source.configMap, projected.defaultMode, place);
    return metadataFiles(source.downwardAPI, projected.defaultMode, place);
  });
}

function keptFiles(
  plural: 'secrets' | 'configmaps',
  { name, items: chosen, optional: mayLack = false }: z.infer<typeof Named>,
  defaultMode = USUAL_MODE,
  { metadata, contentOf }: VolumePlace,
): VolumeFile[] {
  const word = plural === 'secrets' ? 'Secret' : 'ConfigMap';
  const content = contentOf(plural, name);
  if (!content) {
    if (mayLack) return [];
    throw missing(`There is no ${word} "${name}" in the namespace ${metadata.namespace}`);
  }
  const wanted: z.infer<typeof Item>[] = chosen ?? Object.keys(content).map((key) => ({ key, path: key }));
  return wanted.flatMap(({ key, path: below, mode: own = defaultMode }) => {
    const bytes = content[key];
    if (bytes) return [{ path: posix.normalize(below), content: bytes, mode: own }];
    if (mayLack) return [];
    throw missing(`The ${word} "${name}" has no key "${key}"`);
  });
}

function metadataFiles(
  { items: wanted = [] }: z.infer<typeof Metadata>,
  defaultMode = USUAL_MODE,
  { metadata }: VolumePlace,
): VolumeFile[] {
  return understood(MetadataItem, wanted).map(({ path: below, fieldRef, mode: own = defaultMode }) => ({
    path: posix.normalize(below),
    content: Buffer.from(fieldOf(metadata, fieldRef.fieldPath)),
    mode: own,
  }));
}

const understood = <T extends z.ZodType>(shape: T, list: unknown[] = []): z.infer<T>[] =>
  list.flatMap((one) => {
    const { success, data } = shape.safeParse(one);
    return success ? [data] : [];
  });

/** Paths of the parts of such a volume that bring no file, relative to it. */
export function emptyParts(kind: FilledKind, value: unknown): string[] {
  if (kind === 'downwardAPI') return notItems(value, '');
  if (kind !== 'projected') return [];
  const { sources = [] } = FILLED_VOLUMES.projected.safeParse(value).data ?? {};
  return sources.flatMap((source, index) => {
    const { success, data } = Source.safeParse(source);
    if (!success) return [`.sources[${index}]`];
    return 'downwardAPI' in data ? notItems(data.downwardAPI, `.sources[${index}].downwardAPI`) : [];
  });
}

function notItems(value: unknown, root: string): string[] {
  const { items: wanted = [] } = Metadata.safeParse(value).data ?? {};
  return wanted.flatMap((item, index) => (MetadataItem.safeParse(item).success ? [] : [`${root}.items[${index}]`]));
}

const missing = (what: string): OutsideError =>
  new OutsideError(`${what}, which a volume of the runner names.`, { retryable: true });
