/** `hashFiles()`: SHA-256 over the SHA-256 of each matching file in the workspace, in order of path. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK_BYTES = 1024 * 1024;

/**
 * @param patterns globs relative to `folder`; `!` excludes, `#` starts a comment, several may stand on lines of one
 * @returns empty when nothing matches
 */
export function hashFiles(folder: string, patterns: string[]): string {
  const rules = patterns
    .flatMap((pattern) => pattern.split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isExclusion: line.startsWith('!'), expression: globExpression(line.replace(/^!/, ''), folder) }));
  const isMatch = (path: string): boolean => {
    let matched = false;
    for (const { isExclusion, expression } of rules) if (expression.test(path)) matched = !isExclusion;
    return matched;
  };
  const result = createHash('sha256');
  let count = 0;
  for (const path of filesBelow(folder)) {
    if (!isMatch(path)) continue;
    result.update(hashFile(join(folder, path)));
    count++;
  }
  return count === 0 ? '' : result.digest('hex');
}

/** Paths of regular files relative to `root`, sorted; links to folders are not followed, so there are no cycles. */
function* filesBelow(root: string, prefix = ''): Generator<string> {
  const entries = readdirSync(join(root, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(root, path);
    else if (entry.isFile() || (entry.isSymbolicLink() && isFile(join(root, path)))) yield path;
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

function hashFile(path: string): Buffer {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) hash.update(chunk.subarray(0, size));
  } finally {
    closeSync(file);
  }
  return hash.digest();
}

/** `**` any folders, `*` and `?` within one, `[…]` sets; a pattern that names a folder matches everything below it. */
function globExpression(glob: string, folder: string): RegExp {
  const relative = glob.startsWith(`${folder}/`) ? glob.slice(folder.length + 1) : glob.replace(/^\.\//, '');
  let source = '';
  for (let at = 0; at < relative.length; at++) {
    const rest = relative.slice(at);
    const set = /^\[(!?)((?:[^\]\\/]|\\.)+)\]/.exec(rest);
    if (rest.startsWith('**/')) {
      source += '(?:.*/)?';
      at += 2;
    } else if (rest.startsWith('**')) {
      source += '.*';
      at += 1;
    } else if (set) {
      source += `[${set[1] ? '^' : ''}${set[2]}]`;
      at += set[0].length - 1;
    } else source += plainCharacter(rest.charAt(0));
  }
  return new RegExp(`^${source.replace(/\/$/, '')}(?:/.*)?$`);
}

function plainCharacter(character: string): string {
  if (character === '*') return '[^/]*';
  if (character === '?') return '[^/]';
  return character.replace(/[\\^$.|+()[\]{}]/, '\\$&');
}
