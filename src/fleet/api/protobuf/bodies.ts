/** Objects of Kubernetes' own kinds as its Go clients send them (k8s.io/api/core/v1/generated.proto and others). */
import { badRequest } from '../status.ts';
import { decode, type Message } from './wire.ts';

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/** Begins every body. */
const MAGIC = Buffer.from('k8s\0', 'latin1');

const Unknown: Message = {
  typeMeta: { number: 1, type: { apiVersion: { number: 1, type: 'text' }, kind: { number: 2, type: 'text' } } },
  raw: { number: 2, type: 'base64' },
};

const OwnerReference: Message = {
  kind: { number: 1, type: 'text' },
  name: { number: 3, type: 'text' },
  uid: { number: 4, type: 'text' },
  apiVersion: { number: 5, type: 'text' },
  controller: { number: 6, type: 'bool' },
  blockOwnerDeletion: { number: 7, type: 'bool' },
};

const metadata = {
  number: 1,
  type: {
    name: { number: 1, type: 'text' },
    generateName: { number: 2, type: 'text' },
    namespace: { number: 3, type: 'text' },
    uid: { number: 5, type: 'text' },
    resourceVersion: { number: 6, type: 'text' },
    labels: { number: 11, type: 'text', map: true },
    annotations: { number: 12, type: 'text', map: true },
    ownerReferences: { number: 13, type: OwnerReference, repeated: true },
    finalizers: { number: 14, type: 'text', repeated: true },
  },
} as const;

const ResourceAttributes: Message = {
  namespace: { number: 1, type: 'text' },
  verb: { number: 2, type: 'text' },
  group: { number: 3, type: 'text' },
  version: { number: 4, type: 'text' },
  resource: { number: 5, type: 'text' },
  subresource: { number: 6, type: 'text' },
  name: { number: 7, type: 'text' },
};

const KINDS: Record<string, Message> = {
  'v1 Secret': {
    metadata,
    data: { number: 2, type: 'base64', map: true },
    type: { number: 3, type: 'text' },
    stringData: { number: 4, type: 'text', map: true },
    immutable: { number: 5, type: 'bool' },
  },
  'v1 ConfigMap': {
    metadata,
    data: { number: 2, type: 'text', map: true },
    binaryData: { number: 3, type: 'base64', map: true },
    immutable: { number: 4, type: 'bool' },
  },
  'v1 Namespace': {
    metadata,
    spec: { number: 2, type: { finalizers: { number: 1, type: 'text', repeated: true } } },
  },
  'v1 DeleteOptions': {
    preconditions: {
      number: 2,
      type: { uid: { number: 1, type: 'text' }, resourceVersion: { number: 2, type: 'text' } },
    },
    orphanDependents: { number: 3, type: 'bool' },
    propagationPolicy: { number: 4, type: 'text' },
    dryRun: { number: 5, type: 'text', repeated: true },
  },
  'authorization.k8s.io/v1 SelfSubjectAccessReview': {
    metadata,
    spec: { number: 2, type: { resourceAttributes: { number: 1, type: ResourceAttributes } } },
  },
};

/** @throws UserError 400 for another kind, or what cannot be read */
export function readProtobuf(body: Buffer): Record<string, unknown> {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw badRequest('The body is no Kubernetes object in protobuf.');
  try {
    const { typeMeta, raw } = decode(Unknown, body.subarray(MAGIC.length));
    const { apiVersion, kind } = (typeMeta ?? {}) as { apiVersion?: string; kind?: string };
    const message = Object.hasOwn(KINDS, `${apiVersion} ${kind}`) ? KINDS[`${apiVersion} ${kind}`] : undefined;
    if (!message) throw badRequest(`Objects of ${apiVersion} ${kind} are read as JSON or YAML, not as protobuf.`);
    return withoutEmptyTexts({ apiVersion, kind, ...decode(message, Buffer.from(String(raw ?? ''), 'base64')) });
  } catch (error) {
    if (error instanceof RangeError) throw badRequest(`The body is no protobuf: ${error.message}.`);
    throw error;
  }
}

/** Go writes what is not set as an empty text. */
function withoutEmptyTexts(object: Record<string, unknown>): Record<string, unknown> {
  const fields = Object.entries((object.metadata ?? {}) as object).filter(([, value]) => value !== '');
  const { type, ...rest } = object;
  return {
    ...rest,
    ...(type === undefined || type === '' ? {} : { type }),
    ...(object.metadata ? { metadata: Object.fromEntries(fields) } : {}),
  };
}
