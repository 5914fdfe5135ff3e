#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

// The runner is its own small program: it must start fast and stay small.
const [word, second] = process.argv.slice(2);
const name = word !== 'runner' ? 'cli.js' : second === 'externals' ? 'externals.cjs' : 'runner.cjs';
const program = new URL(`../dist/${name}`, import.meta.url);
if (existsSync(program)) {
  module.enableCompileCache?.();
  await import(program.href);
} else {
  process.stderr.write('error: Switchyard is not built yet.\nRun npm start once, or npm ci && npm run build.\n');
  process.exitCode = 1;
}
