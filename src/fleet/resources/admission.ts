/** What may be stored: an object from outside, checked, with warnings about what will have no effect. */
import { z } from 'zod';
import { causeOf, type FieldCause, fieldPath, InvalidObject, invalidValue } from './field-errors.ts';
import type { Content, FieldWarning, Kind } from './kind.ts';
import { DEFAULT_NAMESPACE, groupVersion } from './object.ts';
import { type RunnerSpec, runnerWarnings } from './runner-spec.ts';
import { unknownFields } from './unknown-fields.ts';

/** DNS-1123 subdomain: safe in URLs and as a folder's name. */
const name = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'must be lower-case letters, digits and -',
  );

const labels = z.record(
  z.string().min(1).max(317),
  z
    .string()
    .regex(/^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'must be a label value of 63 characters at most'),
);

const Metadata = z.looseObject({
  name: name.optional(),
  generateName: z.string().min(1).max(253).optional(),
  namespace: name.optional(),
  labels: labels.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string().min(1)).optional(),
  resourceVersion: z.string().optional(),
  uid: z.string().optional(),
  ownerReferences: z
    .array(
      z.object({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().optional(),
        blockOwnerDeletion: z.boolean().optional(),
      }),
    )
    .optional(),
});
export type Metadata = z.infer<typeof Metadata>;

export interface AdmittedObject {
  metadata: Metadata;
  /** `spec`, or what the kind has in its place. */
  content: Content;
}

/** Every object has these beside its content; a client's `status` is not read here. */
const COMMON_FIELDS = ['apiVersion', 'kind', 'metadata', 'status'];

/** GitHub's limit for the name of a runner. */
const MAX_RUNNER_NAME = 64;

/**
 * Checks what a client sent.
 * @throws InvalidObject naming every field that is wrong
 */
export function admit(kind: Kind, body: Record<string, unknown>): AdmittedObject {
  const sent = withoutNulls(body) as Record<string, unknown>;
  const metadata = Metadata.safeParse(sent.metadata ?? {});
  const shape = contentShape(kind);
  const content = shape.safeParse(contentOf(sent));
  const causes: FieldCause[] = [
    ...checkType(kind, sent),
    ...(metadata.error?.issues ?? []).map((issue) => causeOf('metadata', issue)),
    ...(kind.checkAnnotations?.(metadata.data?.annotations ?? {}) ?? []),
    ...(content.error?.issues ?? []).map((issue) => causeOf('', issue)),
    ...(content.success ? kind.check(kind.spec ? content.data.spec : content.data, subjectOf(sent)) : []),
  ];
  const givenName = metadata.data?.name;
  if (kind.kind === 'Runner' && givenName && givenName.length > MAX_RUNNER_NAME) {
    causes.push(invalidValue('metadata.name', givenName, `must be no more than ${MAX_RUNNER_NAME} characters`));
  }
  if (causes.length > 0 || !metadata.success || !content.success) throw invalid(kind, sent, causes);
  return { metadata: metadata.data, content: content.data };
}

/** `causes` as the API words them for an object of this kind. */
export function invalid(kind: Kind, object: Record<string, unknown>, causes: FieldCause[]): InvalidObject {
  return new InvalidObject({ name: shownName(object), group: kind.group, kind: kind.kind }, causes);
}

/** What lies beside the fields that every object has. */
export const contentOf = (object: Record<string, unknown>): Content =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !COMMON_FIELDS.includes(name)));

const shapes = new Map<Kind, z.ZodObject>();

export function contentShape(kind: Kind): z.ZodObject {
  const known = shapes.get(kind);
  if (known) return known;
  const shape = z.looseObject(kind.fields ?? (kind.spec ? { spec: kind.spec } : {}));
  shapes.set(kind, shape);
  return shape;
}

/** Fields of the content that the kind does not have, by path. */
export const unknownContentFields = (kind: Kind, content: Content): string[] =>
  unknownFields(contentShape(kind), content, '');

/** Fields that the backend cannot honour, by their full path. */
export function unhonouredFields(
  kind: Kind,
  spec: unknown,
  review: (spec: RunnerSpec) => FieldWarning[],
): FieldWarning[] {
  const runner = spec === undefined ? undefined : kind.runnerSpec?.(spec);
  if (!runner) return [];
  const pathOf = runner.pathOf ?? ((field: string) => fieldPath(runner.path, [field]));
  return [...runnerWarnings(runner.spec), ...review(runner.spec)].map(({ field, message }) => ({
    field: pathOf(field),
    message,
  }));
}

function checkType(kind: Kind, { apiVersion, kind: sentKind }: Record<string, unknown>): FieldCause[] {
  const causes: FieldCause[] = [];
  const expected = groupVersion(kind.group);
  if (apiVersion !== expected) {
    causes.push(invalidValue('apiVersion', apiVersion ?? null, `must be ${expected}`));
  }
  if (sentKind !== kind.kind) causes.push(invalidValue('kind', sentKind ?? null, `must be ${kind.kind}`));
  return causes;
}

const subjectOf = (object: Record<string, unknown>): string => {
  const { namespace } = (object.metadata ?? {}) as { namespace?: unknown };
  return `${String(namespace ?? DEFAULT_NAMESPACE)}/${shownName(object)}`;
};

function shownName({ metadata }: Record<string, unknown>): string {
  const { name: given, generateName } = (metadata ?? {}) as { name?: unknown; generateName?: unknown };
  return String(given ?? generateName ?? '');
}

/** In Kubernetes a field that is null is a field left out: an empty `labels:` in YAML is one. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => (field === null ? [] : [[key, withoutNulls(field)]])),
  );
}
