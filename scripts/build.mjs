// Builds dist/: the Node programs with esbuild, the page with Vite. `--node` leaves the page out.
import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

/** Loaded in parts: a command brings only what it needs. */
const cli = { cli: 'src/cli/main.ts' };

/**
 * One file each, as CommonJS: they are started for every runner and every job, or while a push waits, and Node needs a
 * fifth less time for them than for ES modules in several files.
 */
const whole = {
  runner: 'src/runner/listener-main.ts',
  'runner-configure': 'src/runner/configure-main.ts',
  worker: 'src/runner/worker-main.ts',
  externals: 'src/runner/externals-main.ts',
  'workflow-reader': 'src/server/workflow-files/reader-thread-main.ts',
  digest: 'src/server/blobs/digest-thread-main.ts',
};

/** CommonJS packages inside an ES module bundle still call `require`. */
const requireInModules =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** A chunk may still be needed by a program that started before this build; after an hour it is not. */
const OLD_CHUNK_MS = 60 * 60 * 1000;

/** Built beside dist/ and moved there file by file: a program that starts meanwhile finds the old build or the new. */
export async function buildPrograms() {
  const beside = `dist.${process.pid}`;
  await rm(beside, { recursive: true, force: true });
  const common = {
    outdir: beside,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    // Has a native part that it looks for beside itself.
    external: ['@photostructure/sqlite'],
    // The same code; that for Node asks for a variable of the environment at every token, a tenth of reading a workflow.
    alias: { yaml: resolve('node_modules/yaml/browser/index.js') },
    logLevel: 'warning',
  };
  await Promise.all([
    build({
      ...common,
      entryPoints: cli,
      format: 'esm',
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      banner: { js: requireInModules },
    }),
    build({
      ...common,
      entryPoints: whole,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      define: { 'import.meta.url': '__moduleUrl' },
      banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    }),
  ]);
  await cp('node_modules/@actions/workflow-parser/dist/workflow-v1.0.min.json', `${beside}/workflow-v1.0.min.json`);
  await mkdir('dist/chunks', { recursive: true });
  const built = await readdir(beside, { recursive: true, withFileTypes: true });
  const files = built
    .filter((entry) => entry.isFile())
    .map((entry) => relative(beside, join(entry.parentPath, entry.name)));
  // Chunks first: an entry must never name one that is not there yet.
  files.sort((a, b) => Number(b.startsWith('chunks')) - Number(a.startsWith('chunks')));
  for (const file of files) await rename(join(beside, file), join('dist', file));
  await rm(beside, { recursive: true });
  await removeOldChunks(new Set(files));
}

async function removeOldChunks(current) {
  for (const name of await readdir('dist/chunks')) {
    const file = join('chunks', name);
    const { mtimeMs } = await stat(join('dist', file));
    if (!current.has(file) && mtimeMs < Date.now() - OLD_CHUNK_MS) await rm(join('dist', file));
  }
}

export async function buildPage() {
  const { build: viteBuild } = await import('vite');
  await viteBuild({ configFile: 'src/web/vite.config.ts', logLevel: 'warn' });
}

if (process.argv[1] === (await import('node:url')).fileURLToPath(import.meta.url)) {
  const page = process.argv.includes('--node') ? undefined : buildPage();
  await Promise.all([buildPrograms(), page]);
}
