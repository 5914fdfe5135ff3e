import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aloneMs } from './alone.ts';
import { deployment, Installation } from './installation.ts';
import { durations, type Row } from './rows.ts';

const STEPS = 100;
const JOBS = 3;

/** Time between the starts of two steps that do nothing, less what `bash -e` needs for the same script alone. */
export async function benchStepOverhead(): Promise<Row> {
  const installation = await Installation.start(deployment(1, false));
  try {
    const starts = join(installation.folder, 'steps');
    const script = `echo $EPOCHREALTIME >> '${starts}'`;
    const step = `      - run: "${script}"`;
    const steps = Array.from({ length: STEPS }, () => step).join('\n');
    const workflow = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n${steps}\n`;
    await installation.push('bench/steps', { '.github/workflows/a.yml': workflow });
    await installation.idleRunners(1);
    for (let job = 0; job < JOBS; job++) {
      await installation.dispatch('bench/steps', 'a.yml');
      await installation.allEnded();
    }
    const file = join(installation.folder, 'alone.sh');
    writeFileSync(file, script.replace('steps', 'alone'));
    // As the runner calls it.
    const alone = aloneMs('bash', ['-e', file]);
    const times = (await readFile(starts, 'utf8'))
      .trim()
      .split('\n')
      .map((text) => Number(text) * 1000);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time) - alone);
    // Not the gaps between two jobs.
    const samples = gaps.filter((_, index) => (index + 1) % STEPS !== 0);
    return durations('overhead per shell step beyond the process itself', samples, { p50: 20 });
  } finally {
    await installation.close();
  }
}

const FEW_STEPS = 20;
const SHORT_JOBS = 10;

/** A whole job of twenty steps that do nothing, from its start to its end, beside the same scripts one by one. */
export async function benchTwentySteps(): Promise<Row> {
  const installation = await Installation.start(deployment(1, false));
  try {
    const steps = "      - run: 'true'\n".repeat(FEW_STEPS);
    const workflow = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n${steps}`;
    await installation.push('bench/twenty', { '.github/workflows/a.yml': workflow });
    await installation.idleRunners(1);
    for (let job = 0; job < SHORT_JOBS; job++) {
      await installation.dispatch('bench/twenty', 'a.yml');
      await installation.allEnded();
    }
    const runs = await Promise.all((await installation.runs()).map(({ id }) => installation.run(id)));
    const samples = runs.flatMap(({ jobs }) =>
      jobs.map(({ startedAt, completedAt }) => Date.parse(completedAt ?? '') - Date.parse(startedAt ?? '')),
    );
    const file = join(installation.folder, 'true.sh');
    writeFileSync(file, 'true\n');
    const row = durations('20-step job of `true`, from start to end', samples, { p50: 1000 });
    return { ...row, floor: FEW_STEPS * aloneMs('bash', ['-e', file]) };
  } finally {
    await installation.close();
  }
}
