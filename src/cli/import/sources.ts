import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, UserError } from '../../common/errors.ts';
import type { ArcSource } from '../../fleet/import-arc/index.ts';
import { parseDocuments, readSource } from '../client/manifests.ts';

/** ARC's own definitions alone, which helm prints too, are several MiB. */
const MAX_BYTES = 32 * 2 ** 20;

/** @param files paths of files and folders; `-` is standard input. @throws UserError */
export async function readSources(files: readonly string[]): Promise<ArcSource[]> {
  const found = (await Promise.all(files.map(filesBelow))).flat();
  const documents: ArcSource[] = [];
  for (const file of found) {
    const { source, name } = await readSource(file);
    documents.push(...parseDocuments(source, name, MAX_BYTES));
  }
  if (documents.length > 0) return documents;
  throw new UserError('no-resources', `${files.join(', ')}: there is no YAML.`);
}

/** A folder's YAML, with that of folders below it: `helm template --output-dir` nests. */
async function filesBelow(path: string): Promise<string[]> {
  if (path === '-') return [path];
  const found = await stat(path).catch((error: unknown) => {
    throw new UserError('file-unreadable', `${path} cannot be read: ${errorText(error)}.`);
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true });
  return entries
    .filter((name) => /\.(?:ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}
