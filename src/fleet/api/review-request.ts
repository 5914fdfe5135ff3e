/** Admission of what a request carries, with the warnings that go into its answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { misplacedBackend, type Review } from '../backends/annotation.ts';
import { type AdmittedObject, admit, invalid, unhonouredFields, unknownContentFields } from '../resources/admission.ts';
import type { Content, Kind } from '../resources/kind.ts';
import type { StoredObject } from '../resources/object.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { labelWarnings } from './label-warnings.ts';
import { ItemParams, warn, writeQuery } from './requests.ts';
import { badRequest } from './status.ts';

export interface Reviewer {
  kind: Kind;
  store: ResourceStore;
  review: Review;
}

/**
 * Of a new object.
 * @throws InvalidObject, or UserError 400 for another namespace than the path's or, when told to be strict, unknown fields
 */
export function admitNew(
  { kind, store, review }: Reviewer,
  request: FastifyRequest,
  reply: FastifyReply,
  body: Content,
  namespace: string,
): AdmittedObject {
  const { metadata, content: sent } = admit(kind, body);
  const given = metadata.namespace ?? namespace;
  if (given !== namespace) {
    throw badRequest(`the namespace of the object (${given}) does not match the namespace on the URL (${namespace})`);
  }
  tellUnknown(unknownContentFields(kind, sent), request, reply, [
    ...unhonouredFields(kind, sent.spec, (spec) => review(spec, { metadata, spec: sent.spec })),
    ...misplacedBackend({ metadata, spec: sent.spec }),
    ...labelWarnings(kind, { namespace, name: metadata.name ?? '', spec: sent.spec }, store),
    ...(kind.warnings?.({ name: metadata.name ?? '', spec: sent.spec, annotations: metadata.annotations }, (plural) =>
      store.list(plural, namespace),
    ) ?? []),
  ]);
  const content = Object.fromEntries(Object.entries(sent).filter(([name]) => isOwn(kind, name)));
  return { metadata, content: kind.complete?.(content) ?? content };
}

/** Of an object that is to take the place of the path's, or of one that is not there yet. */
export function admitNamed(
  reviewer: Reviewer,
  request: FastifyRequest,
  reply: FastifyReply,
  body: Content,
  existing: StoredObject | undefined,
): AdmittedObject {
  const { namespace, name } = ItemParams.parse(request.params);
  const admitted = admitNew(reviewer, request, reply, body, namespace);
  const given = admitted.metadata.name ?? name;
  if (given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
  const causes = existing ? (reviewer.kind.checkChange?.(existing, admitted.content) ?? []) : [];
  if (causes.length > 0) throw invalid(reviewer.kind, body, causes);
  return { ...admitted, metadata: { ...admitted.metadata, name } };
}

const isOwn = ({ fields }: Kind, name: string): boolean => (fields ? name in fields : name === 'spec');

function tellUnknown(
  unknown: string[],
  request: FastifyRequest,
  reply: FastifyReply,
  more: { field: string; message: string }[],
): void {
  const { fieldValidation } = writeQuery(request);
  const texts = unknown.map((field) => `unknown field "${field}"`);
  if (fieldValidation === 'Strict' && texts.length > 0) throw badRequest(`strict decoding error: ${texts.join(', ')}`);
  const told = fieldValidation === 'Ignore' ? [] : texts;
  warn(reply, [...told, ...more.map(({ field, message }) => `${field}: ${message}`)]);
}
