/** Lists in chunks, as clients ask for them by `limit` and `continue`. All chunks show one moment. */
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { StoredObject } from '../resources/object.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { ObjectFilter } from './selectors.ts';
import { badRequest } from './status.ts';

export const ChunkQuery = {
  limit: z.coerce.number().int().min(0).optional(),
  continue: z.string().max(2_048).optional(),
  resourceVersion: z.string().regex(/^\d*$/).optional(),
  resourceVersionMatch: z.enum(['', 'Exact', 'NotOlderThan']).optional(),
};
type ChunkQuery = z.infer<z.ZodObject<typeof ChunkQuery>>;

export interface Chunk {
  items: StoredObject[];
  /** Of the list that the chunk belongs to. */
  metadata: {
    /** That of the moment which the list shows. */
    resourceVersion: string;
    /** Gets the next chunk; left out with the last. */
    continue?: string;
    /** How many come after this chunk; left out where a selector would have to look at all of them. */
    remainingItemCount?: number;
  };
}

/** Where the next chunk begins: after the key, of the list as it was at the version. */
const Token = z.object({ version: z.int().min(0), after: z.string() });
type Token = z.infer<typeof Token>;

/**
 * By namespace and name, as the Kubernetes API lists.
 * @throws UserError 400 for a token that is none, 410 for a moment that is no longer known
 */
export function chunkOf(
  store: ResourceStore,
  { plural, namespace }: { plural: string; namespace: string | undefined },
  query: ChunkQuery,
  filter: ObjectFilter | undefined,
): Chunk {
  const token = query.continue ? tokenOf(query.continue, query) : undefined;
  const version = token?.version ?? exactVersion(query) ?? Number(store.version);
  if (version > Number(store.version)) throw badRequest(`resource version ${version} is in the future`);
  const all = store.listAt(plural, version, namespace);
  if (!all) throw expired(token !== undefined, version);
  const after = token?.after;
  const left = all
    .map((object) => ({ object, key: keyOf(object) }))
    .filter(({ object, key }) => (after === undefined || key > after) && (!filter || filter(object)))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const taken = query.limit ? left.slice(0, query.limit) : left;
  const last = taken.at(-1);
  const items = taken.map(({ object }) => object);
  const metadata = { resourceVersion: String(version) };
  if (!last || taken.length === left.length) return { items, metadata };
  const count = filter ? {} : { remainingItemCount: left.length - taken.length };
  return { items, metadata: { ...metadata, continue: textOf({ version, after: last.key }), ...count } };
}

/** A separator below every character of a name, so that `a` with all it holds comes before `a-b`. */
const keyOf = ({ metadata: { namespace, name } }: StoredObject): string => `${namespace}\u0000${name}`;

const textOf = (token: Token): string => Buffer.from(JSON.stringify(token)).toString('base64url');

function tokenOf(text: string, { resourceVersion = '' }: ChunkQuery): Token {
  if (resourceVersion !== '' && resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const token = Token.safeParse(jsonOf(Buffer.from(text, 'base64url').toString('utf8')));
  if (token.success) return token.data;
  throw badRequest('continue key is not valid: it is none that a list has answered');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Any other version is one that a client has at least heard of, and all that is known now is newer. */
const exactVersion = ({ resourceVersion, resourceVersionMatch }: ChunkQuery): number | undefined =>
  resourceVersionMatch === 'Exact' && resourceVersion ? Number(resourceVersion) : undefined;

function expired(isContinued: boolean, version: number): UserError {
  const message = isContinued
    ? 'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.'
    : `too old resource version: ${version}`;
  return new UserError('expired', message, { status: 410 });
}
