/** YAML files of resources: several documents a file, and the line of each field for what is wrong with it. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Document, isCollection, isNode, LineCounter, parseAllDocuments } from 'yaml';
import { errorText, UserError } from '../../common/errors.ts';
import type { Resource } from './fleet-client.ts';

const MAX_ALIASES = 100;
const MAX_BYTES = 2 ** 20;

export interface Manifest {
  resource: Resource;
  /** `file:line` of a field such as `spec.template.spec.labels[0]`, or of the nearest one around it. */
  placeOf(field: string): string;
}

export interface YamlDocument {
  value: unknown;
  /** As in a Manifest. */
  placeOf(field: string): string;
}

/**
 * @param file a path, or `-` for standard input
 * @throws UserError naming file and line
 */
export async function readManifests(file: string): Promise<Manifest[]> {
  const { source, name } = await readSource(file);
  return parseManifests(source, name);
}

/** @param file a path, or `-` for standard input; `name` is what messages call it */
export const readSource = async (file: string): Promise<{ source: string; name: string }> =>
  file === '-'
    ? { source: await text(process.stdin), name: 'stdin' }
    : { source: await readFileText(file), name: file };

async function readFileText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError('file-unreadable', `${file} cannot be read: ${errorText(error)}.`);
  });
}

export function parseManifests(source: string, file: string): Manifest[] {
  const found = parseDocuments(source, file).map(({ value, placeOf }) => ({
    resource: checked(value, placeOf('')),
    placeOf,
  }));
  if (found.length === 0) throw new UserError('no-resources', `${file} holds no resources.`);
  return found;
}

/** Any YAML, a value a document; empty ones are left out. @throws UserError naming file and line */
export function parseDocuments(source: string, file: string, maxBytes = MAX_BYTES): YamlDocument[] {
  if (Buffer.byteLength(source) > maxBytes) {
    throw new UserError('file-too-big', `${file} is bigger than ${maxBytes / 2 ** 20} MiB.`);
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(source, { lineCounter: lines, uniqueKeys: true });
  const found: YamlDocument[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [problem] = document.errors;
    if (problem) {
      const place = `${file}:${problem.linePos?.[0].line ?? 1}:${problem.linePos?.[0].col ?? 1}`;
      throw new UserError('bad-yaml', `${place}: ${problem.message.split('\n')[0]}`);
    }
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    // A document of comments only, or an empty one between two `---`.
    if (value === null || value === undefined) continue;
    found.push({ value, placeOf: (field) => placeOf(document, field, file, lines) });
  }
  return found;
}

function checked(value: unknown, place: string): Resource {
  const { kind, metadata } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Resource>;
  if (typeof kind !== 'string') throw new UserError('no-kind', `${place}: the resource has no kind.`);
  if (typeof metadata?.name !== 'string') throw new UserError('no-name', `${place}: the ${kind} has no metadata.name.`);
  return value as Resource;
}

function placeOf(document: Document, field: string, file: string, lines: LineCounter): string {
  const path = field.split(/[.[\]]+/).filter((part) => part !== '');
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return `${file}:${lines.linePos(offset).line}`;
  }
  return file;
}

/** Where the key of a mapping's entry begins; the value's own place for items of a list. */
function offsetOf(document: Document, path: string[]): number | undefined {
  if (path.length === 0) return isNode(document.contents) ? document.contents.range?.[0] : undefined;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isCollection(parent)) return undefined;
  for (const item of parent.items) {
    const key = typeof item === 'object' && item !== null && 'key' in item ? item.key : undefined;
    if (isNode(key) && String(key) === path.at(-1)) return key.range?.[0];
  }
  const value = document.getIn(path, true);
  return isNode(value) ? value.range?.[0] : undefined;
}
