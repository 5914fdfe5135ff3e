import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Ends the program over something that the caller can mend. */
export function fail(sentence, hint) {
  process.stderr.write(`error: ${sentence}\n${hint}\n`);
  process.exit(1);
}

/** Runs a program of node_modules (or Node itself) in the foreground and resolves to its exit code. */
export function runProgram(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  // A terminal sends SIGINT to the child too: only outlive it. SIGTERM reaches this process alone.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.removeListener('SIGTERM', forward);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** The start file of a package's program: no shell and no .bin links, so it works alike everywhere. */
export const packageProgram = (path) => join(root, 'node_modules', path);
