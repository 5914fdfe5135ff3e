import type { Compilable, CompiledQuery } from 'kysely';
import type { Queries } from './database.ts';

type Values = Record<string, string | number | undefined>;

/** Stands for a value while a query is built. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query whose text is kept: to build one costs several times what it costs to run it. For what every request asks.
 * @param build makes the query for the values that are given, once for each set of them; it may ask which are
 *   undefined, and otherwise only hand them on as parameters: it never sees the values themselves
 */
export function prepared<V extends { [name in keyof V]: Values[string] }, R>(
  build: (db: Queries, values: V) => Compilable<R>,
): (db: Queries, values: V) => Promise<R[]> {
  const known = new Map<string, CompiledQuery<R>>();
  return async (db, values) => {
    const given: Values = values;
    let shape = '';
    for (const name in given) if (given[name] !== undefined) shape += `${name} `;
    const query: CompiledQuery<R> = known.get(shape) ?? build(db, placeholdersFor(shape) as V).compile();
    known.set(shape, query);
    const parameters = query.parameters.map((one) => (one instanceof Placeholder ? given[one.name] : one));
    return (await db.executeQuery<R>({ ...query, parameters })).rows;
  };
}

const placeholdersFor = (shape: string): object =>
  Object.fromEntries(
    shape
      .trimEnd()
      .split(' ')
      .map((name) => [name, new Placeholder(name)]),
  );
