import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aloneMs } from './alone.ts';
import { deployment, Installation } from './installation.ts';
import { durations, percentile, type Row } from './rows.ts';

const STEPS = 50;
const JOBS = 3;

/** Time between the starts of two JavaScript actions that do nothing, less what their Node needs for them alone. */
export async function benchJavaScriptActions(): Promise<Row> {
  const installation = await Installation.start(deployment(1, false));
  try {
    const file = join(installation.folder, 'starts');
    const main = `
      const time = performance.timeOrigin + performance.now();
      require('node:fs').appendFileSync(process.env.STARTS || ${JSON.stringify(file)}, time + '\\n');
    `;
    // The major of this process: the runner has that one already.
    const node = `node${process.versions.node.split('.')[0]}`;
    const manifest = `name: Nothing\ninputs: { a: { default: x } }\nruns: { using: ${node}, main: main.js }\n`;
    await installation.push('bench/nothing', { 'action.yml': manifest, 'main.js': main });
    const steps = '      - uses: bench/nothing@main\n'.repeat(STEPS);
    const workflow = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n${steps}`;
    await installation.push('bench/actions', { '.github/workflows/a.yml': workflow });
    await installation.idleRunners(1);
    const own = join(installation.folder, 'bench-nothing', 'main.js');
    const env = { ...process.env, STARTS: join(installation.folder, 'alone') };
    const alones: number[] = [];
    for (let job = 0; job < JOBS; job++) {
      await installation.dispatch('bench/actions', 'a.yml');
      await installation.allEnded();
      // Between the jobs, so that both are measured in the same minute.
      alones.push(aloneMs(process.execPath, [own], env, 20));
    }
    const alone = percentile(alones, 0.5);
    const times = (await readFile(file, 'utf8')).trim().split('\n').map(Number);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time) - alone);
    // Not the gaps between two jobs.
    const samples = gaps.filter((_, index) => (index + 1) % STEPS !== 0);
    const row = durations('overhead per JavaScript action beyond its Node', samples, { p50: 30 });
    return { ...row, floor: alone };
  } finally {
    await installation.close();
  }
}
