import { deployment, Installation } from './installation.ts';
import type { Row } from './rows.ts';

const RUNS = 2;
const JOBS_PER_RUN = 250;
const RUNNERS = 8;

/** 500 one-step jobs over 8 runners, from the first dispatch until the last run has ended. */
export async function benchThroughput(): Promise<Row> {
  const installation = await Installation.start(deployment(RUNNERS, false));
  try {
    const numbers = Array.from({ length: JOBS_PER_RUN }, (_, index) => index).join(', ');
    const workflow = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: self-hosted\n    strategy: { matrix: { n: [${numbers}] } }\n    steps: [{ run: 'true' }]\n`;
    await installation.push('bench/throughput', { '.github/workflows/a.yml': workflow });
    await installation.idleRunners(RUNNERS);
    const beforeMs = performance.now();
    for (let run = 0; run < RUNS; run++) await installation.dispatch('bench/throughput', 'a.yml');
    await installation.allEnded(300_000);
    const seconds = (performance.now() - beforeMs) / 1000;
    const jobs = RUNS * JOBS_PER_RUN;
    return {
      name: `${jobs} one-step jobs, ${RUNNERS} runners`,
      unit: 'jobs/s',
      samples: jobs,
      p50: jobs / seconds,
      p99: null,
      budget: { p50: 10, isAtLeast: true },
    };
  } finally {
    await installation.close();
  }
}
