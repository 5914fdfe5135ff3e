// The import borders of src/: which folder may use which. An import against them is a defect, also when it works.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { sourceFiles } from './support/files.mjs';

/** Folder of src/ -> what it may import besides itself: a folder, a folder below one, or a single file. */
export const BORDERS = {
  common: [],
  protocol: ['common'],
  workflow: ['protocol', 'common'],
  store: ['protocol', 'common'],
  github: ['protocol', 'common'],
  server: ['protocol', 'workflow', 'store', 'github', 'common'],
  runner: ['protocol', 'workflow/expressions', 'common'],
  fleet: ['protocol', 'github', 'store', 'workflow/routing.ts', 'common'],
  // plan, lint and expr call the pure library directly: they need no server.
  cli: [
    'server/index.ts',
    'fleet/index.ts',
    'fleet/import-arc/index.ts',
    'fleet/simulate/index.ts',
    'runner/index.ts',
    'workflow',
    'protocol',
    'common',
  ],
  // A time reads the same on the page and in the terminal.
  web: ['protocol/dashboard', 'common/two-clocks.ts'],
};

/** The only places that start programs: each owns what it starts until it has ended. */
const SPAWNING = [/^src\/runner\/process\.ts$/, /^src\/fleet\/backends\//, /^src\/server\/git\//, /^src\/cli\//];

const ENVIRONMENT_READER = 'src/common/settings.ts';

/** Sentences `file:line: what is wrong`, for every source file below `folder`/src but tests. */
export function borderViolations(folder) {
  const files = sourceFiles(folder, 'src').filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file));
  return files.flatMap((file) => violationsIn(file, readFileSync(join(folder, file), 'utf8')));
}

/** @param file path from the repository's root, with forward slashes */
export function violationsIn(file, source) {
  const code = withoutComments(source);
  const found = [];
  for (const { specifier, index, typeOnly } of importsOf(code)) {
    const problem = problemOf(file, specifier, typeOnly);
    if (problem) found.push(`${file}:${lineOf(code, index)}: ${problem}`);
  }
  const environment = code.search(/\bprocess\s*\.\s*env\b/);
  if (environment >= 0 && file !== ENVIRONMENT_READER && !file.startsWith('src/web/')) {
    found.push(`${file}:${lineOf(code, environment)}: only ${ENVIRONMENT_READER} reads process.env`);
  }
  return found;
}

function problemOf(file, specifier, typeOnly) {
  if (/^(node:)?child_process$/.test(specifier)) return spawnProblem(file, typeOnly);
  if (!specifier.startsWith('.')) return packageProblem(specifier);
  const from = folderOf(file);
  const target = posix.normalize(posix.join(posix.dirname(file), specifier));
  if (!target.startsWith('src/')) return `${specifier} lies outside src/`;
  const to = folderOf(target);
  if (from === to || from === undefined) return undefined;
  if (!(from in BORDERS)) return `src/${from} is not in the table of scripts/imports.mjs`;
  if (!BORDERS[from].some((allowed) => isWithin(target, allowed))) return `${from} may not import ${target}`;
  return undefined;
}

function spawnProblem(file, typeOnly) {
  if (typeOnly || SPAWNING.some((place) => place.test(file))) return undefined;
  return 'programs are started only in runner/process.ts, fleet/backends, server/git and cli';
}

function packageProblem(specifier) {
  return builtinModules.includes(specifier) ? `write node:${specifier}` : undefined;
}

const isWithin = (target, allowed) => target === `src/${allowed}` || target.startsWith(`src/${allowed}/`);

/** `src/cli/main.ts` -> `cli`; nothing for a file directly in src/. */
function folderOf(file) {
  return dirname(file).split('/')[1];
}

/** Every static import, re-export and dynamic import with a literal specifier. */
function importsOf(code) {
  const found = [];
  const statement = /\b(import|export)\s+(type\s+)?(?:[\w$*\s{},]*?\bfrom\s*)?(['"])([^'"\n]+)\3/g;
  for (const match of code.matchAll(statement)) {
    found.push({ specifier: match[4], index: match.index, typeOnly: Boolean(match[2]) });
  }
  for (const match of code.matchAll(/\bimport\s*\(\s*(['"])([^'"\n]+)\1/g)) {
    // `typeof import('x')` and `import('x').Name` in a type are rare enough to be treated as real imports.
    found.push({ specifier: match[2], index: match.index, typeOnly: false });
  }
  return found;
}

/** Blanks comments, keeping every line break and every string, so that positions stay right. */
function withoutComments(source) {
  const tokens = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return source.replace(tokens, (token) => (token.startsWith('/') ? token.replace(/[^\n]/g, ' ') : token));
}

const lineOf = (code, index) => code.slice(0, index).split('\n').length;
