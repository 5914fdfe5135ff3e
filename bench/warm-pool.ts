import { deployment, Installation } from './installation.ts';
import { durations, type Row } from './rows.ts';

const RUNS = 4;
const JOBS_PER_RUN = 250;
const RUNNERS = 4;

/**
 * 1,000 queued jobs of a second through a pool of ephemeral runners with spare processes: for how long a place of the
 * pool stands empty between the end of one job and the start of the next, from the first job to the last.
 */
export async function benchWarmPool(): Promise<Row> {
  const installation = await Installation.start(deployment(RUNNERS, true), {
    SWITCHYARD_WARM_RUNNERS: String(RUNNERS),
  });
  try {
    const numbers = Array.from({ length: JOBS_PER_RUN }, (_, index) => index).join(', ');
    const workflow = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: self-hosted\n    strategy: { matrix: { n: [${numbers}] } }\n    steps: [{ run: sleep 1 }]\n`;
    await installation.push('bench/warm', { '.github/workflows/a.yml': workflow });
    await installation.idleRunners(RUNNERS);
    for (let run = 0; run < RUNS; run++) await installation.dispatch('bench/warm', 'a.yml');
    const runs = await installation.allEnded(900_000);
    const details = await Promise.all(runs.map(({ id }) => installation.run(id)));
    const jobs = details.flatMap((run) => run.jobs);
    return durations('between two jobs of a warm pool, 1,000 queued', gaps(jobs), { p50: 500 });
  } finally {
    await installation.close();
  }
}

/** The n-th start after the first ones fills the place that the n-th end left, ms. */
function gaps(jobs: readonly { startedAt: string | null; completedAt: string | null }[]): number[] {
  const times = (key: 'startedAt' | 'completedAt'): number[] =>
    jobs.map((job) => Date.parse(job[key] ?? '')).sort((a, b) => a - b);
  const ends = times('completedAt');
  return times('startedAt')
    .slice(RUNNERS)
    .map((startMs, index) => startMs - (ends[index] ?? startMs));
}
