import { deployment, Installation } from './installation.ts';
import type { Row } from './rows.ts';

const LINES = 500_000;
const SCRIPT = `seq -f 'line %.0f of a log, about as long as such lines are, with a number or two' 1 ${LINES}`;

/** Lines of one step per second, from the start of the job until the server has its whole log. */
export async function benchLogLines(): Promise<Row> {
  const installation = await Installation.start(deployment(1, false));
  try {
    const step = `      - run: ${SCRIPT}\n`;
    const workflow = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n${step}`;
    await installation.push('bench/log', { '.github/workflows/a.yml': workflow });
    await installation.idleRunners(1);
    await installation.dispatch('bench/log', 'a.yml');
    const [run] = await installation.allEnded();
    const [job] = run ? (await installation.run(run.id)).jobs : [];
    if (!job) throw new Error('the run has no job');
    const lines = Math.max(...job.steps.map(({ logLines }) => logLines));
    if (lines < LINES) throw new Error(`the server has ${lines} of ${LINES} lines`);
    const seconds = (Date.parse(job.completedAt ?? '') - Date.parse(job.startedAt ?? '')) / 1000;
    return {
      name: `lines of a log, ${LINES} in one step`,
      unit: '/s',
      samples: LINES,
      p50: LINES / seconds,
      p99: null,
      budget: { p50: 50_000, isAtLeast: true },
    };
  } finally {
    await installation.close();
  }
}
