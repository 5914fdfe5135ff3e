/** RFC 6902 and RFC 6901. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { asJson } from '../resources/json.ts';
import { badRequest } from './status.ts';

const pointer = z.string().regex(/^(?:\/.*)?$/s, 'must be a JSON pointer, such as /spec/replicas');

const Operation = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['add', 'replace', 'test']), path: pointer, value: z.unknown() }),
  z.object({ op: z.literal('remove'), path: pointer }),
  z.object({ op: z.enum(['move', 'copy']), path: pointer, from: pointer }),
]);
type Operation = z.infer<typeof Operation>;

/** As Kubernetes limits a patch. */
const Patch = z.array(Operation).max(10_000);

/**
 * @returns a changed copy of `target`
 * @throws UserError 400 for what is no patch, 422 for one that does not fit or whose test fails
 */
export function jsonPatch(target: unknown, body: unknown): unknown {
  const patch = Patch.safeParse(body);
  if (!patch.success) throw badRequest(`Bad JSON patch: ${z.prettifyError(patch.error)}`);
  let document: unknown = structuredClone(target);
  for (const operation of patch.data) document = applied(document, operation);
  return document;
}

function applied(document: unknown, operation: Operation): unknown {
  const path = partsOf(operation.path);
  switch (operation.op) {
    case 'add':
      return put(document, path, operation.value, true);
    case 'replace':
      return put(document, path, operation.value, false);
    case 'remove':
      return without(document, path);
    case 'copy':
      return put(document, path, structuredClone(valueAt(document, partsOf(operation.from))), true);
    case 'move': {
      const from = partsOf(operation.from);
      const value = valueAt(document, from);
      return put(without(document, from), path, value, true);
    }
    case 'test': {
      if (isDeepStrictEqual(asJson(valueAt(document, path)), operation.value)) return document;
      throw misfit(`the test of ${operation.path} failed`);
    }
  }
}

const partsOf = (text: string): string[] =>
  text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function valueAt(document: unknown, path: string[]): unknown {
  let value = document;
  for (const part of path) value = child(value, part);
  return value;
}

function child(parent: unknown, part: string): unknown {
  if (Array.isArray(parent)) return parent[indexIn(parent, part, parent.length - 1)];
  if (parent !== null && typeof parent === 'object' && Object.hasOwn(parent, part)) {
    return (parent as Record<string, unknown>)[part];
  }
  throw misfit(`there is no "${part}"`);
}

/** @param isNew the last part may be one that is not there yet; in a list it goes before what is at its place */
function put(document: unknown, path: string[], value: unknown, isNew: boolean): unknown {
  const [last, parent] = [path.at(-1), valueAt(document, path.slice(0, -1))];
  if (last === undefined) return value;
  if (Array.isArray(parent)) {
    const index = last === '-' && isNew ? parent.length : indexIn(parent, last, parent.length - (isNew ? 0 : 1));
    parent.splice(index, isNew ? 0 : 1, value);
    return document;
  }
  if (!isNew) child(parent, last);
  if (parent === null || typeof parent !== 'object') throw misfit(`"${last}" is below no object`);
  Object.defineProperty(parent, last, { value, writable: true, enumerable: true, configurable: true });
  return document;
}

function without(document: unknown, path: string[]): unknown {
  const [last, parent] = [path.at(-1), valueAt(document, path.slice(0, -1))];
  if (last === undefined) throw misfit('the whole object cannot be removed');
  child(parent, last);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, unknown>)[last];
  return document;
}

function indexIn(list: unknown[], part: string, max: number): number {
  const index = /^(?:0|[1-9]\d{0,8})$/.test(part) ? Number(part) : -1;
  if (index >= 0 && index <= max) return index;
  throw misfit(`"${part}" is no place in a list of ${list.length}`);
}

const misfit = (problem: string): UserError =>
  new UserError('patch-does-not-fit', `The JSON patch does not fit the object: ${problem}.`, { status: 422 });
