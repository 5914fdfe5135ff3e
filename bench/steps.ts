import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deployment, Installation } from './installation.ts';
import { durations, type Row } from './rows.ts';

const STEPS = 100;
const JOBS = 3;

/** Time between the starts of two steps that do nothing, less what `bash -e` needs for the same script alone. */
export async function benchStepOverhead(): Promise<Row> {
  const installation = await Installation.start(deployment(1, false));
  try {
    const file = join(installation.folder, 'steps');
    const script = `echo $EPOCHREALTIME >> '${file}'`;
    const step = `      - run: "${script}"`;
    const steps = Array.from({ length: STEPS }, () => step).join('\n');
    const workflow = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n${steps}\n`;
    await installation.push('bench/steps', { '.github/workflows/a.yml': workflow });
    await installation.idleRunners(1);
    for (let job = 0; job < JOBS; job++) {
      await installation.dispatch('bench/steps', 'a.yml');
      await installation.allEnded();
    }
    const alone = aloneMs(installation.folder, script);
    const starts = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((text) => Number(text) * 1000);
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? start) - alone);
    // Not the gaps between two jobs.
    const samples = gaps.filter((_, index) => (index + 1) % STEPS !== 0);
    return durations('overhead per shell step beyond the process itself', samples, { p50: 20 });
  } finally {
    await installation.close();
  }
}

/** Median of the same script under `bash -e`, as the runner calls it. */
function aloneMs(folder: string, script: string): number {
  const file = join(folder, 'alone.sh');
  writeFileSync(file, script.replace('steps', 'alone'));
  const samples: number[] = [];
  for (let round = 0; round < 50; round++) {
    const before = performance.now();
    execFileSync('bash', ['-e', file]);
    samples.push(performance.now() - before);
  }
  return samples.sort((a, b) => a - b)[25] ?? 0;
}
