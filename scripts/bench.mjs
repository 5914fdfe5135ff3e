// npm run bench: set up, then measure. Arguments go to bench/main.ts.
import { setUp } from './setup.mjs';
import { packageProgram, runProgram } from './support/program.mjs';

setUp();
process.exitCode = await runProgram([packageProgram('tsx/dist/cli.mjs'), 'bench/main.ts', ...process.argv.slice(2)]);
