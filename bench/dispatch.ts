import type { Explanation } from '../src/protocol/dashboard/index.ts';
import { Installation } from './installation.ts';
import { registerRunners } from './parked-runners.ts';
import { durations, type Row } from './rows.ts';

const PARKED = 1_000;
const ROUNDS = 200;

/**
 * From the moment that the job is queued (still before the commit that makes it so) until its message is back on a parked
 * poll, with 1,000 polls parked.
 */
export async function benchDispatch(): Promise<Row> {
  const installation = await Installation.start();
  try {
    const workflow = "on: workflow_dispatch\njobs: { a: { runs-on: wanted, steps: [{ run: 'true' }] } }\n";
    await installation.push('bench/dispatch', { '.github/workflows/a.yml': workflow });
    const runners = await registerRunners(installation, PARKED);
    for (const runner of runners) void runner.poll().catch(() => undefined);
    const wanted = await registerRunners(installation, ROUNDS, ['wanted'], PARKED);
    const arrivals: number[] = [];
    for (const runner of wanted) {
      const message = runner.waitForJob().then(() => performance.timeOrigin + performance.now());
      await settled(installation);
      await installation.dispatch('bench/dispatch', 'a.yml');
      arrivals.push(await message);
    }
    const samples: number[] = [];
    for (const [index, arrivedMs] of arrivals.entries())
      samples.push(arrivedMs - (await queuedAtMs(installation, index + 1)));
    for (const runner of [...runners, ...wanted]) runner.die();
    return durations(`queued job -> message on a parked poll, ${PARKED} parked`, samples, { p50: 5, p99: 25 });
  } finally {
    await installation.close();
  }
}

async function queuedAtMs(installation: Installation, runId: number): Promise<number> {
  const { jobs } = await installation.rest<Explanation>('GET', `/switchyard/v1/runs/${runId}/explanation`);
  const ready = jobs?.[0]?.history.find(({ text }) => text.startsWith('Ready'));
  if (!ready) throw new Error(`the job of run ${runId} was never queued`);
  return Date.parse(ready.at);
}

/** One read of the server: whatever it was sent before has been taken in. */
async function settled(installation: Installation): Promise<void> {
  await installation.rest('GET', '/switchyard/v1/server');
}
