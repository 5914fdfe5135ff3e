/** What may be stored: an object from outside, checked, with warnings about what will have no effect. */
import { z } from 'zod';
import { causeOf, type FieldCause, fieldPath, InvalidObject, invalidValue } from './field-errors.ts';
import type { Kind } from './kind.ts';
import { groupVersion } from './object.ts';
import type { RunnerSpec } from './runner-spec.ts';
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
  spec: unknown;
}

export interface FieldWarning {
  field: string;
  message: string;
}

/** GitHub's limit for the name of a runner. */
const MAX_RUNNER_NAME = 64;

/**
 * Checks what a client sent.
 * @throws InvalidObject naming every field that is wrong
 */
export function admit(kind: Kind, body: Record<string, unknown>): AdmittedObject {
  const sent = withoutNulls(body) as Record<string, unknown>;
  const metadata = Metadata.safeParse(sent.metadata ?? {});
  const spec = kind.spec.safeParse(sent.spec);
  const causes: FieldCause[] = [
    ...checkType(kind, sent),
    ...(metadata.error?.issues ?? []).map((issue) => causeOf('metadata', issue)),
    ...(spec.error?.issues ?? []).map((issue) => causeOf('spec', issue)),
    ...(spec.success ? kind.check(spec.data) : []),
  ];
  const givenName = metadata.data?.name;
  if (kind.kind === 'Runner' && givenName && givenName.length > MAX_RUNNER_NAME) {
    causes.push(invalidValue('metadata.name', givenName, `must be no more than ${MAX_RUNNER_NAME} characters`));
  }
  if (causes.length > 0 || !metadata.success) {
    throw new InvalidObject(`${kind.kind}.${kind.group} "${shownName(sent)}"`, causes);
  }
  return { metadata: metadata.data, spec: spec.data };
}

/** Fields of the spec that the kind does not have, by path. */
export const unknownSpecFields = (kind: Kind, spec: unknown): string[] => unknownFields(kind.spec, spec, 'spec');

/** Fields that the backend cannot honour, by their full path. */
export function unhonouredFields(
  kind: Kind,
  spec: unknown,
  review: (spec: RunnerSpec) => FieldWarning[],
): FieldWarning[] {
  const runner = kind.runnerSpec?.(spec);
  if (!runner) return [];
  return review(runner.spec).map(({ field, message }) => ({ field: fieldPath(runner.path, [field]), message }));
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
