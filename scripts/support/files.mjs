import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** All files below `start`, as sorted paths relative to `folder` with forward slashes. */
export function sourceFiles(folder, start) {
  if (!existsSync(join(folder, start))) return [];
  return readdirSync(join(folder, start), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((file) => file.slice(join(folder, '/').length).replaceAll('\\', '/'))
    .sort();
}

/** One hash over names and contents. Contents, not times: git sets times anew at every checkout. */
export function hashOfFiles(folder, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(folder, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
