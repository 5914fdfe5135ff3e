/** OpenAPI 2 in protobuf (gnostic's openapiv2/OpenAPIv2.proto), the only form that kubectl before 1.27 knows. */
import type { Kind } from '../../resources/kind.ts';
import { encode, type Message } from '../protobuf/wire.ts';
import { definitionName, gvkOf, META, META_NAME, type Schema, schemaOf } from './schemas.ts';

export const VERSION_2_TYPE = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

const REF_BASE = '#/definitions/';

const extensions = { type: { yaml: { number: 2, type: 'text' } }, map: true } as const;

const SchemaMessage: Message = {
  $ref: { number: 1, type: 'text' },
  format: { number: 2, type: 'text' },
  description: { number: 4, type: 'text' },
  required: { number: 19, type: 'text', repeated: true },
  additionalProperties: { number: 21, type: { schema: { number: 1, type: () => SchemaMessage } } },
  type: { number: 22, type: { value: { number: 1, type: 'text', repeated: true } } },
  items: { number: 23, type: { schema: { number: 1, type: () => SchemaMessage, repeated: true } } },
  properties: { number: 25, type: { named: { number: 1, type: () => SchemaMessage, map: true } } },
  extensions: { number: 31, ...extensions },
};

const QueryParameter: Message = {
  in: { number: 2, type: 'text' },
  name: { number: 4, type: 'text' },
  type: { number: 6, type: 'text' },
};

/** Three layers around a query parameter. */
const Parameter: Message = {
  parameter: { number: 1, type: { nonBody: { number: 2, type: { query: { number: 3, type: QueryParameter } } } } },
};

const Document: Message = {
  swagger: { number: 1, type: 'text' },
  info: { number: 2, type: { title: { number: 1, type: 'text' }, version: { number: 2, type: 'text' } } },
  paths: {
    number: 8,
    type: {
      named: {
        number: 2,
        map: true,
        type: {
          patch: {
            number: 8,
            type: {
              parameters: { number: 8, type: Parameter, repeated: true },
              extensions: { number: 13, ...extensions },
            },
          },
        },
      },
    },
  },
  definitions: { number: 9, type: { named: { number: 1, type: SchemaMessage, map: true } } },
};

/** @param pathOf where an object of a kind lies */
export function version2(kinds: Kind[], pathOf: (kind: Kind) => string, parameters: string[]): Buffer {
  const definitions = kinds.map((kind) => [definitionName(kind), wireSchema(schemaOf(kind, REF_BASE))]);
  const paths = kinds.map((kind) => [pathOf(kind), patchOf(kind, parameters)]);
  return encode(Document, {
    swagger: '2.0',
    info: { title: 'Switchyard fleet', version: 'v1' },
    paths: { named: Object.fromEntries(paths) },
    definitions: { named: { ...Object.fromEntries(definitions), [META_NAME]: wireSchema(META) } },
  });
}

const GVK = 'x-kubernetes-group-version-kind';

const patchOf = (kind: Kind, parameters: string[]) => ({
  patch: {
    parameters: parameters.map((name) => ({
      parameter: { nonBody: { query: { in: 'query', name, type: 'string' } } },
    })),
    extensions: { [GVK]: { yaml: JSON.stringify(gvkOf(kind)) } },
  },
});

/** In the layers of the message: lists around single values, names around maps. */
function wireSchema(schema: Schema): Record<string, unknown> {
  const { $ref, format, description, required, additionalProperties, type, items, properties } = schema;
  const gvk = schema[GVK];
  return {
    $ref,
    format,
    description,
    required,
    type: type === undefined ? undefined : { value: [type] },
    items: items && { schema: [wireSchema(items)] },
    additionalProperties: additionalProperties && { schema: wireSchema(additionalProperties) },
    properties: properties && {
      named: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, wireSchema(field)])),
    },
    extensions: gvk && { [GVK]: { yaml: JSON.stringify(gvk) } },
  };
}
