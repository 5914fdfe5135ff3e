/** Measures DESIGN 8's budgets on real installations, prints a table and writes JSON. Ends with 1 when one is missed. */
import { writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { version } from '../src/common/package.ts';
import { benchJavaScriptActions } from './actions.ts';
import { benchDownload, benchUpload } from './artifacts.ts';
import { benchColdStart } from './cold-start.ts';
import { benchDispatch } from './dispatch.ts';
import { benchFirstStep } from './first-step.ts';
import { benchFleetMemory, benchFleetRound } from './fleet-round.ts';
import { benchHeldPolls } from './held-polls.ts';
import { benchIdleMemory } from './idle-memory.ts';
import { benchLogLines } from './log-lines.ts';
import { benchPush } from './push.ts';
import { benchConditions, benchHostileFiles, benchPlanning, benchReading } from './reading.ts';
import { benchRestReads } from './rest-reads.ts';
import { isKept, type Row, renderTable } from './rows.ts';
import { benchScaleSetStart } from './scale-set-start.ts';
import { benchSimulate } from './simulate.ts';
import { benchStepOverhead, benchTwentySteps } from './steps.ts';
import { benchThroughput } from './throughput.ts';
import { benchWarmPool } from './warm-pool.ts';

const benches: Record<string, () => Promise<Row>> = {
  'first-step': benchFirstStep,
  dispatch: benchDispatch,
  'held-polls': benchHeldPolls,
  steps: benchStepOverhead,
  'twenty-steps': benchTwentySteps,
  'javascript-actions': benchJavaScriptActions,
  'log-lines': benchLogLines,
  'cold-start': benchColdStart,
  'scale-set-start': benchScaleSetStart,
  'idle-memory': benchIdleMemory,
  throughput: benchThroughput,
  'warm-pool': benchWarmPool,
  reading: benchReading,
  planning: benchPlanning,
  conditions: benchConditions,
  push: benchPush,
  'hostile-files': benchHostileFiles,
  upload: benchUpload,
  download: benchDownload,
  'rest-reads': benchRestReads,
  'fleet-round': benchFleetRound,
  'fleet-memory': benchFleetMemory,
  simulate: benchSimulate,
};

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `error: there is no bench ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}\n`,
  );
  process.exit(2);
}

const rows: Row[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring ${name} …\n`);
  rows.push(await bench());
}

const [cpu] = cpus();
const machine = {
  cpu: cpu?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  kernel: release(),
  node: process.version,
};
process.stdout.write(
  `${renderTable(rows)}\n\n${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}\n`,
);
await writeFile('bench-results.json', `${JSON.stringify({ version, machine, rows }, null, 2)}\n`);
process.exitCode = rows.every(isKept) ? 0 : 1;
