import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package.ts';

export interface ProgramEnd {
  code: number;
  /** Both streams. */
  output: string;
}

/** Runs `switchyard runner …` to its end, as a person would without a terminal. */
export function runRunner(args: string[], { env = {}, cwd }: { env?: NodeJS.ProcessEnv; cwd?: string } = {}) {
  const child = spawn(process.execPath, [join(packageRoot, 'bin/switchyard.mjs'), 'runner', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    cwd,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise<ProgramEnd>((resolve) => {
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
