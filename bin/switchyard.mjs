#!/usr/bin/env node
// The runner is its own small program: it must start fast and stay small.
const program = process.argv[2] === 'runner' ? 'runner.js' : 'cli.js';
await import(new URL(`../dist/${program}`, import.meta.url).href);
