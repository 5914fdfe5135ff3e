/** The kinds' zod shapes as the JSON schemas that kubectl reads: types and names, without the rules that we check. */
import { z } from 'zod';
import { contentShape } from '../../resources/admission.ts';
import type { Kind } from '../../resources/kind.ts';
import { groupVersion } from '../../resources/object.ts';

export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  'x-kubernetes-group-version-kind'?: GroupVersionKind[];
  'x-kubernetes-preserve-unknown-fields'?: true;
}

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

export const gvkOf = ({ group, kind }: Kind): GroupVersionKind => {
  const version = groupVersion(group).split('/').at(-1) ?? '';
  return { group, version, kind };
};

/** Reversed domain, version, kind: `dev.summerwind.actions.v1alpha1.Runner`. */
export function definitionName(kind: Kind): string {
  const { group, version } = gvkOf(kind);
  const domain = group ? group.split('.').reverse().join('.') : 'io.k8s.api.core';
  return `${domain}.${version}.${kind.kind}`;
}

export const META_NAME = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'object', additionalProperties: text };
const time: Schema = { type: 'string', format: 'date-time' };

export const META: Schema = {
  type: 'object',
  description: 'What every object has: its name, labels, annotations, owners.',
  properties: {
    name: text,
    generateName: { ...text, description: 'Beginning of a name that the API completes.' },
    namespace: text,
    labels: texts,
    annotations: texts,
    finalizers: { type: 'array', items: text },
    ownerReferences: { type: 'array', items: { type: 'object' } },
    managedFields: { type: 'array', items: { type: 'object' } },
    uid: text,
    resourceVersion: text,
    selfLink: text,
    generation: { type: 'integer', format: 'int64' },
    creationTimestamp: time,
    deletionTimestamp: time,
    deletionGracePeriodSeconds: { type: 'integer', format: 'int64' },
  },
};

/** @param refBase before the names of definitions: `#/definitions/`, or `#/components/schemas/` */
export function schemaOf(kind: Kind, refBase: string): Schema {
  const content = simplified(z.toJSONSchema(contentShape(kind), { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  return {
    type: 'object',
    properties: {
      apiVersion: text,
      kind: text,
      metadata: { $ref: refBase + META_NAME },
      ...content.properties,
      ...(kind.spec ? { status: { type: 'object', description: 'Written by the fleet.' } } : {}),
    },
    'x-kubernetes-group-version-kind': [gvkOf(kind)],
  };
}

/** As zod writes it. */
interface JsonSchema {
  type?: string | string[];
  format?: string;
  description?: string;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
}

/** What has no single type, such as a quantity, may be anything. */
function simplified({ type, format, description, required, properties, items, ...more }: JsonSchema): Schema {
  const { additionalProperties } = more;
  const told = description === undefined ? {} : { description };
  if (type === 'array') return { type, ...told, items: simplified(items ?? {}) };
  if (type === 'object' && properties) {
    const fields = Object.entries(properties).map(([name, field]) => [name, simplified(field)]);
    return { type, ...told, ...(required ? { required } : {}), properties: Object.fromEntries(fields) };
  }
  if (type === 'object') {
    const isTyped = typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0;
    return { type, ...told, ...(isTyped ? { additionalProperties: simplified(additionalProperties) } : {}) };
  }
  // Never without any member: kubectl's templates take that for nothing.
  return typeof type !== 'string'
    ? { ...told, 'x-kubernetes-preserve-unknown-fields': true }
    : { type, ...told, ...(format === 'date-time' ? { format } : {}) };
}
