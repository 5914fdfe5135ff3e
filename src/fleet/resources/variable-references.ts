/** Variables of a runner that name a Secret, a ConfigMap or a field of the runner: looked up when it is started. */
import { z } from 'zod';
import { OutsideError } from '../../common/errors.ts';
import type { ObjectMeta } from './object.ts';
import type { RunnerSpec } from './runner-spec.ts';

const name = z.string().min(1);
const optional = z.boolean().optional();
const Key = z.looseObject({ name, key: z.string(), optional });
const KEPT_IN = { secretKeyRef: 'secrets', configMapKeyRef: 'configmaps' } as const;

/** Of one value. */
const FIELD = String.raw`metadata\.(?:name|namespace|uid|(?:labels|annotations)\['[^']+'\])`;
/** Only to the metadata, since there is no pod. All labels and all annotations are for files: a line each. */
export const FieldReference = z.looseObject({
  fieldPath: z.string().regex(new RegExp(`^(?:${FIELD}|metadata\\.(?:labels|annotations))$`)),
});

/** What `valueFrom` of a variable may be here. */
const Reference = z.union([
  z.object({ secretKeyRef: Key }),
  z.object({ configMapKeyRef: Key }),
  z.object({
    fieldRef: z.looseObject({
      fieldPath: z.string().regex(new RegExp(`^${FIELD}$`)),
    }),
  }),
]);
const Source = z.looseObject({
  prefix: z.string().optional(),
  secretRef: z.looseObject({ name, optional }).optional(),
  configMapRef: z.looseObject({ name, optional }).optional(),
});

/** What a backend says of those that are no reference, or no source. */
export const NO_REFERENCE = 'has no effect: a value comes from a Secret, a ConfigMap, or a field of the metadata';
export const NO_SOURCE = 'has no effect: variables come from a `secretRef` or a `configMapRef` with a name';

/** Whether an element of `envFrom` names something that brings variables. */
export const isSource = (value: unknown): boolean => {
  const { secretRef, configMapRef } = Source.safeParse(value).data ?? {};
  return secretRef !== undefined || configMapRef !== undefined;
};

export const isReference = (valueFrom: unknown): boolean => Reference.safeParse(valueFrom).success;

type Plural = (typeof KEPT_IN)[keyof typeof KEPT_IN];

export interface Place {
  metadata: ObjectMeta;
  /** The texts of a Secret or ConfigMap of the runner's namespace. */
  lookUp(plural: Plural, name: string): Record<string, string> | undefined;
}

type Fields = Record<string, unknown>;

/**
 * The spec with values in the place of references, also in its containers; what cannot be one here stays as it is.
 * @throws OutsideError that names what does not exist and is not optional
 */
export function resolveVariables(spec: RunnerSpec, place: Place): RunnerSpec {
  const inContainers = ['containers', 'initContainers', 'sidecarContainers'].flatMap((list) => {
    const containers = spec[list];
    return Array.isArray(containers) ? [[list, containers.map((one: Fields) => resolved(one, 'env', place))]] : [];
  });
  const own = resolved(resolved(spec, 'env', place), 'dockerEnv', place);
  return { ...own, ...Object.fromEntries(inContainers) } as RunnerSpec;
}

/** What is in `env` counts before what `envFrom` brings. */
function resolved(object: Fields, field: 'env' | 'dockerEnv', place: Place): Fields {
  const sources = field === 'env' && Array.isArray(object.envFrom) ? object.envFrom : [];
  const variables = Array.isArray(object[field]) ? (object[field] as Fields[]) : [];
  if (sources.length === 0 && variables.every(({ valueFrom }) => valueFrom === undefined)) return object;
  const { envFrom: _, ...others } = object;
  const brought = sources.flatMap((source) => variablesOf(source, place));
  return { ...others, [field]: [...brought, ...variables.flatMap((variable) => withValue(variable, place))] };
}

function variablesOf(source: unknown, place: Place): Fields[] {
  const { prefix = '', secretRef, configMapRef } = Source.safeParse(source).data ?? {};
  const texts = [
    ...(secretRef ? [textsOf('secrets', secretRef, place)] : []),
    ...(configMapRef ? [textsOf('configmaps', configMapRef, place)] : []),
  ];
  return texts.flatMap((found) => Object.entries(found).map(([key, value]) => ({ name: prefix + key, value })));
}

/** None for an optional one that is missing. */
function withValue(variable: Fields, place: Place): Fields[] {
  const reference = Reference.safeParse(variable.valueFrom).data;
  if (!reference) return [variable];
  const value =
    'fieldRef' in reference
      ? fieldOf(place.metadata, reference.fieldRef.fieldPath)
      : 'secretKeyRef' in reference
        ? keyOf('secrets', reference.secretKeyRef, place)
        : keyOf('configmaps', reference.configMapKeyRef, place);
  return value === undefined ? [] : [{ name: variable.name, value }];
}

/** @param path as `FieldReference` has it */
export function fieldOf(metadata: ObjectMeta, path: string): string {
  const [, map, key] = /^metadata\.(labels|annotations)(?:\['([^']+)'\])?$/.exec(path) ?? [];
  if (map === 'labels' || map === 'annotations')
    return key === undefined ? linesOf(metadata[map] ?? {}) : (metadata[map]?.[key] ?? '');
  return String(metadata[path.slice('metadata.'.length) as 'name' | 'namespace' | 'uid']);
}

const linesOf = (map: Record<string, string>): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');

function keyOf(plural: Plural, reference: z.infer<typeof Key>, place: Place): string | undefined {
  const value = textsOf(plural, reference, place)[reference.key];
  if (value !== undefined || reference.optional) return value;
  throw missing(`The ${WORDS[plural]} "${reference.name}" has no key "${reference.key}"`);
}

function textsOf(
  plural: Plural,
  { name, optional = false }: { name: string; optional?: boolean },
  { metadata, lookUp }: Place,
): Record<string, string> {
  const found = lookUp(plural, name);
  if (found) return found;
  if (optional) return {};
  throw missing(`There is no ${WORDS[plural]} "${name}" in the namespace ${metadata.namespace}`);
}

const WORDS: Record<Plural, string> = { secrets: 'Secret', configmaps: 'ConfigMap' };

const missing = (what: string): OutsideError =>
  new OutsideError(`${what}, which a variable of the runner names.`, { retryable: true });
