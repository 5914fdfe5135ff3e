import { readFile } from 'node:fs/promises';
import { startOne } from './cold-start.ts';
import { Installation } from './installation.ts';
import { percentile, type Row } from './rows.ts';

const RUNNERS = 3;

/**
 * Memory of an idle runner: what its listener holds (RSS). The worker kept ready beside it, and what the two need when
 * pages that they share with other Node processes are counted by share (PSS), are said in the row's name.
 */
export async function benchIdleMemory(): Promise<Row> {
  const installation = await Installation.start();
  const programs = [];
  try {
    for (let index = 0; index < RUNNERS; index++)
      programs.push((await startOne(installation, `idle-${index}`, index + 1)).program);
    // The spare worker comes up, and what starting needed is collected.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const listeners = await Promise.all(programs.map(({ pid }) => memoryOf(pid)));
    const workers = await Promise.all(programs.map(async ({ pid }) => memoryOf(await childOf(pid))));
    const median = (values: number[]): number => percentile(values, 0.5);
    const together = median(listeners.map(({ pss }, index) => pss + (workers[index]?.pss ?? 0)));
    const worker = median(workers.map(({ rss }) => rss));
    return {
      name: `idle runner, RSS (its ready worker: ${worker.toFixed(0)} MiB; PSS of both: ${together.toFixed(0)} MiB)`,
      ...{
        unit: 'MiB',
        samples: RUNNERS,
        p50: median(listeners.map(({ rss }) => rss)),
        p99: null,
        budget: { p50: 60 },
      },
    };
  } finally {
    for (const program of programs) await program.kill('SIGTERM');
    await installation.close();
  }
}

const SETTLE_MS = 3_000;

/** In MiB. */
async function memoryOf(pid: number): Promise<{ rss: number; pss: number }> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const value = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
  return { rss: value('Rss'), pss: value('Pss') };
}

async function childOf(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')[0]);
}
