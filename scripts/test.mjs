// npm test: set up, check, then the tests. `--long` runs the long ones instead; other arguments go to vitest.

import { check } from './check.mjs';
import { setUp } from './setup.mjs';
import { packageProgram, runProgram } from './support/program.mjs';

setUp();
const args = process.argv.slice(2);
const isLong = args.includes('--long');
const projects = isLong ? ['--project', 'long'] : ['--project', 'unit', '--project', 'system'];
if (!isLong && !(await check())) process.exit(1);
process.exitCode = await runProgram([
  packageProgram('vitest/vitest.mjs'),
  'run',
  ...projects,
  ...args.filter((argument) => argument !== '--long'),
]);
