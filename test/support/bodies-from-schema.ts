import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';

/** Part of JSON Schema, as zod writes it. */
interface Schema {
  type?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
}

/** Values that have broken servers before. */
const HOSTILE = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, 2 ** 53, -(2 ** 63), 1e308, true, [], {}, [[[[]]]], '\u0000', '\ud800'),
  fc.constantFrom<unknown>(
    '../../etc/passwd',
    '%2e%2e%2f',
    'a'.repeat(5_000),
    '${{ secrets.X }}',
    "' or 1=1 --",
    '::error::x',
  ),
  fc.constantFrom<unknown>({ __proto__: { admin: true } }, { constructor: 1 }, { toString: null }, { length: 1e9 }),
  fc.jsonValue({ maxDepth: 4 }),
);

/**
 * Bodies that a shape lets through, mostly, with here and there a value that it does not.
 * @param known values that mean something to the server, by the name of the property
 */
export function bodiesOf(shape: z.ZodType, known: Record<string, unknown[]>): Arbitrary<unknown> {
  const schema = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as Schema;
  return fc.oneof({ weight: 9, arbitrary: valuesOf(schema, known, '') }, { weight: 1, arbitrary: HOSTILE });
}

function valuesOf(schema: Schema, known: Record<string, unknown[]>, name: string): Arbitrary<unknown> {
  const meaningful = known[name];
  const fitting = meaningful
    ? fc.oneof(fc.constantFrom(...meaningful), fittingOf(schema, known))
    : fittingOf(schema, known);
  return fc.oneof({ weight: 12, arbitrary: fitting }, { weight: 1, arbitrary: HOSTILE });
}

function fittingOf(schema: Schema, known: Record<string, unknown[]>): Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valuesOf(one, known, '')));
  switch (schema.type) {
    case 'object':
      return objectsOf(schema, known);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, known, ''), { maxLength: 5 });
    case 'string':
      return stringsOf(schema);
    case 'integer':
      return fc.oneof(fc.nat(100), fc.integer());
    case 'number':
      return fc.oneof(fc.nat(100), fc.double());
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return HOSTILE;
  }
}

function objectsOf({ properties = {}, required = [], additionalProperties }: Schema, known: Record<string, unknown[]>) {
  const fixed = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valuesOf(one, known, name)])),
    { requiredKeys: required },
  );
  const more = typeof additionalProperties === 'object' ? valuesOf(additionalProperties, known, '') : HOSTILE;
  return fc
    .tuple(fixed, fc.dictionary(fc.string({ maxLength: 20 }), more, { maxKeys: 3 }))
    .map(([a, b]) => ({ ...b, ...a }));
}

function stringsOf({ format }: Schema): Arbitrary<string> {
  if (format === 'guid' || format === 'uuid') return fc.uuid();
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  return fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 80 }));
}
