import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * GitHub's own OpenAPI description of its REST. That of GitHub Enterprise Server, because the server presents itself as
 * one (`/api/v3`, enterprises with runners); the newest release, because clients are written for it.
 */
const FILE = '@octokit/openapi/generated/ghes-3.19.json';

export type Schema = Record<string, unknown>;

export interface Operation {
  /** As in the description. */
  path: string;
  responses: Record<string, { content?: Record<string, { schema?: Schema }>; $ref?: string }>;
}

interface Description {
  paths: Record<string, Record<string, Omit<Operation, 'path'>>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Operation['responses'][string]> };
}

let loaded: { description: Description; operations: Map<string, Operation> } | undefined;

/** What GitHub says of a route of ours; undefined for one that it does not have. */
export function operationOf(method: string, route: string): Operation | undefined {
  return load().operations.get(`${method} ${shapeOf(route.replace('/api/v3', '') || '/')}`);
}

/** Of an answer with this status, wherever the description keeps it. */
export function responseOf(operation: Operation, status: number): Operation['responses'][string] | undefined {
  const response = operation.responses[status];
  const name = response?.$ref?.split('/').at(-1);
  return name === undefined ? response : load().description.components.responses[name];
}

/** A schema that stands for itself: with every named one that it leads to. */
export function completeSchema(schema: Schema): Schema {
  const schemas: Record<string, Schema> = {};
  collect(schema, schemas);
  return withNulls({ ...schema, components: { schemas } }) as Schema;
}

/** OpenAPI 3.0 says `nullable` beside a type or a list of values; JSON Schema has a type for it. */
function withNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNulls);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, example: _, examples: __, ...rest } = value as Schema;
  // Where a URL may be left out, GitHub answers with an empty text.
  if (rest.format === 'uri' && rest.default === '') delete rest.format;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, withNulls(one)]));
  return nullable === true ? { anyOf: [{ type: 'null' }, inner] } : inner;
}

export const namedSchema = (name: string): Schema => completeSchema({ $ref: `#/components/schemas/${name}` });

function collect(value: unknown, found: Record<string, Schema>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const name = key === '$ref' && typeof inner === 'string' ? inner.split('/').at(-1) : undefined;
    if (name === undefined) {
      collect(inner, found);
    } else if (!found[name]) {
      const schema = load().description.components.schemas[name] ?? {};
      found[name] = schema;
      collect(schema, found);
    }
  }
}

function load(): NonNullable<typeof loaded> {
  loaded ??= read();
  return loaded;
}

function read(): NonNullable<typeof loaded> {
  const file = createRequire(import.meta.url).resolve(FILE);
  const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
  const operations = new Map<string, Operation>();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      operations.set(`${method.toUpperCase()} ${shapeOf(path)}`, { ...operation, path });
    }
  }
  return { description, operations };
}

/** Names of parameters do not matter. */
const shapeOf = (path: string): string => path.replace(/:[A-Za-z_]+|\{[^}]+\}|\*/g, '{}');
