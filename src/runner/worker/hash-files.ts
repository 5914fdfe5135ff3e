/** `hashFiles()`: SHA-256 over the SHA-256 of each matching file in the workspace, as `@actions/glob` finds them. */
import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK_BYTES = 1024 * 1024;

interface Rule {
  isExclusion: boolean;
  expression: RegExp;
  /** The folder, or the one file, that can match: what comes before the first wildcard. */
  root: string;
}

/**
 * The order counts: the folders that the patterns begin with, in order of the patterns; the files in each by name.
 * @param patterns globs relative to `folder`; `!` excludes, `#` starts a comment, several may stand on lines of one
 * @returns empty when nothing matches
 * @throws Error for a pattern that leads out of the folder
 */
export function hashFiles(folder: string, patterns: string[]): string {
  const rules = patterns
    .flatMap((pattern) => pattern.split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ruleOf(line, folder));
  const isMatch = (path: string): boolean => {
    let matched = false;
    for (const { isExclusion, expression } of rules) if (expression.test(`/${path}`)) matched = !isExclusion;
    return matched;
  };
  const result = createHash('sha256');
  let count = 0;
  for (const root of searchRoots(rules)) {
    for (const path of filesAt(folder, root)) {
      if (!isMatch(path)) continue;
      result.update(hashFile(join(folder, path)));
      count++;
    }
  }
  return count === 0 ? '' : result.digest('hex');
}

function ruleOf(line: string, folder: string): Rule {
  const marks = /^(?:!\s*)*/.exec(line)?.[0] ?? '';
  const glob = line.slice(marks.length);
  const relative = glob.startsWith(`${folder}/`) ? glob.slice(folder.length + 1) : glob.replace(/^\.(?:\/|$)/, '');
  const segments = relative.split('/').filter((segment, index) => segment !== '' || index === 0);
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw new Error(`hashFiles cannot look for '${glob}': '.' and '..' are not allowed in it.`);
  }
  const names = segments.map(literalName);
  const wildcard = names.indexOf(undefined);
  return {
    isExclusion: marks.replace(/\s/g, '').length % 2 === 1,
    expression: globExpression(segments, relative.endsWith('/')),
    root: (wildcard < 0 ? names : names.slice(0, wildcard)).join('/'),
  };
}

/** A wildcard as a set of its own, or after a backslash, is a plain character. */
const QUOTED = /\[([^\]\\])\]|\\(.)/g;

/** The one name that a segment stands for; undefined for one with wildcards. */
function literalName(segment: string): string | undefined {
  if (/[*?[]/.test(segment.replace(QUOTED, ''))) return undefined;
  return segment.replace(QUOTED, (_, set?: string, character?: string) => set ?? character ?? '');
}

/** Each once, and none that lies in another. */
function searchRoots(rules: Rule[]): string[] {
  const roots = new Set(rules.filter(({ isExclusion }) => !isExclusion).map(({ root }) => root));
  const isInside = (root: string): boolean =>
    [...roots].some((other) => other !== root && (other === '' || root.startsWith(`${other}/`)));
  return [...roots].filter((root) => !isInside(root));
}

/** Paths of regular files relative to `folder`; links to folders are not followed, so there are no cycles. */
function* filesAt(folder: string, path: string): Generator<string> {
  const entry = lstatSync(join(folder, path), { throwIfNoEntry: false });
  if (entry?.isDirectory()) yield* filesBelow(folder, path);
  else if (entry && isFile(join(folder, path))) yield path;
}

function* filesBelow(root: string, prefix: string): Generator<string> {
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

/**
 * `**` as a whole segment is any folders, `*` and `?` stay within one, `[…]` are sets; a pattern that names a folder
 * matches everything below it. @param isFolder the pattern ends with `/`: no file has this name itself
 */
function globExpression(segments: string[], isFolder: boolean): RegExp {
  const parts = segments.map((segment, index) => {
    if (segment !== '**') return segment === '' ? '' : `/${segmentSource(segment)}`;
    return index === segments.length - 1 ? '(?:/.*)?' : '(?:/[^/]+)*';
  });
  return new RegExp(`^${parts.join('')}${isFolder ? '/.*' : '(?:/.*)?'}$`);
}

function segmentSource(segment: string): string {
  let source = '';
  for (let at = 0; at < segment.length; at++) {
    const set = /^\[([!^]?)((?:[^\]\\]|\\.)+)\]/.exec(segment.slice(at));
    if (set) {
      source += `[${set[1] ? '^/' : ''}${set[2]?.replace(/\[/g, '\\[')}]`;
      at += set[0].length - 1;
    } else if (segment[at] === '\\' && at + 1 < segment.length) source += literal(segment.charAt(++at));
    else if (segment[at] === '*') source += '[^/]*';
    else if (segment[at] === '?') source += '[^/]';
    else source += literal(segment.charAt(at));
  }
  return source;
}

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
