import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../src/common/clock.ts';
import { waitFor } from '../test/support/wait.ts';
import { deployment, Installation } from './installation.ts';
import { durations, type Row } from './rows.ts';

const ROUNDS = 60;
/** A runner is warm once the worker for its next job has come up. */
const WARM_AFTER_MS = 1_000;

/**
 * From the request that brings the event (a workflow_dispatch, as sent) until the first step's shell runs: accept, plan,
 * queue, message, acquire, worker start, spawn. The step writes the time itself, so bash's own start is counted too.
 */
export async function benchFirstStep(): Promise<Row> {
  const installation = await Installation.start(deployment(1, false));
  try {
    const file = join(installation.folder, 'started');
    const step = `echo $EPOCHREALTIME >> '${file}'`;
    const workflow = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: self-hosted\n    steps: [{ run: "${step}" }]\n`;
    await installation.push('bench/first', { '.github/workflows/a.yml': workflow });
    const samples: number[] = [];
    for (let round = 0; round < ROUNDS + 5; round++) {
      await installation.idleRunners(1);
      await sleep(WARM_AFTER_MS);
      const sentMs = Date.now();
      await installation.dispatch('bench/first', 'a.yml');
      const started = await waitFor('the step', async () => {
        const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
        return lines.length > round && lines[round];
      });
      samples.push(Number(started) * 1000 - sentMs);
      await installation.allEnded();
    }
    // The first rounds warm the programs up.
    return durations('event accepted -> first step running, warm runner', samples.slice(5), { p50: 150, p99: 400 });
  } finally {
    await installation.close();
  }
}
