import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Address of a running server that `vite dev` passes API calls on to (the default port). */
const server = 'http://127.0.0.1:8484';

export default defineConfig({
  root: here('.'),
  plugins: [react()],
  build: {
    outDir: here('../../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Nothing inline: the server may forbid `data:` and inline scripts.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/switchyard': server, '/api': server } },
});
