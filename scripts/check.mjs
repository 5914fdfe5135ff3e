// npm run check: format and lint, types, import borders. Everything is tried, so that one run shows all there is to mend.
import { pathToFileURL } from 'node:url';
import { borderViolations } from './imports.mjs';
import { packageProgram, root, runProgram } from './support/program.mjs';

/** Resolves to whether all is well. */
export async function check() {
  const results = await Promise.all([
    runProgram([packageProgram('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']),
    runProgram([packageProgram('typescript/bin/tsc'), '--noEmit']),
  ]);
  const violations = borderViolations(root);
  for (const violation of violations) process.stderr.write(`${violation}\n`);
  return results.every((code) => code === 0) && violations.length === 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = (await check()) ? 0 : 1;
