// Builds dist/: the three Node programs with esbuild, the page with Vite. `--node` leaves the page out.
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const programs = {
  cli: 'src/cli/main.ts',
  runner: 'src/runner/listener-main.ts',
  worker: 'src/runner/worker-main.ts',
};

/** CommonJS packages inside an ES module bundle still call `require`. */
const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

export async function buildPrograms() {
  const entryPoints = Object.fromEntries(Object.entries(programs).filter(([, file]) => existsSync(file)));
  await build({
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    sourcemap: 'linked',
    minifySyntax: true,
    legalComments: 'none',
    // Has a native part that it looks for beside itself.
    external: ['@photostructure/sqlite'],
    banner: { js: banner },
    logLevel: 'warning',
  });
  await cp('node_modules/@actions/workflow-parser/dist/workflow-v1.0.min.json', 'dist/workflow-v1.0.min.json');
}

export async function buildPage() {
  const { build: viteBuild } = await import('vite');
  await viteBuild({ configFile: 'src/web/vite.config.ts', logLevel: 'warn' });
}

if (process.argv[1] === (await import('node:url')).fileURLToPath(import.meta.url)) {
  await rm('dist/chunks', { recursive: true, force: true });
  const page = process.argv.includes('--node') ? undefined : buildPage();
  await Promise.all([buildPrograms(), page]);
}
