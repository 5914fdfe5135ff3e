import { readFile } from 'node:fs/promises';
import { waitFor } from '../test/support/wait.ts';
import { Installation } from './installation.ts';
import { registerRunners } from './parked-runners.ts';
import type { Row } from './rows.ts';

const PARKED = 5_000;
/** Polls are answered after 50 s; until then all are held. */
const HELD_MS = 40_000;
/** Rarely: each look lists them all. */
const LOOK_EVERY_MS = 2_000;

/** Memory of the server for each of 5,000 polls that it holds at once, with the runner's registration and session. */
export async function benchHeldPolls(): Promise<Row> {
  const installation = await Installation.start();
  try {
    // What is only made once is there before the first look.
    const [first] = await registerRunners(installation, 1);
    void first?.poll().catch(() => undefined);
    const before = await residentKiB(installation.serverPid);
    const runners = await registerRunners(installation, PARKED, ['other'], 1);
    for (const runner of runners) void runner.poll().catch(() => undefined);
    await waitFor('all polls', async () => (await onlineCount(installation)) > PARKED, HELD_MS, LOOK_EVERY_MS);
    const after = await residentKiB(installation.serverPid);
    for (const runner of [...runners, first]) runner?.die();
    return {
      name: `memory of the server for each of ${PARKED} held polls`,
      unit: 'KiB',
      samples: PARKED,
      p50: (after - before) / PARKED,
      p99: null,
      budget: { p50: 20 },
    };
  } finally {
    await installation.close();
  }
}

async function residentKiB(pid: number): Promise<number> {
  return Number(/^Rss:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
}

async function onlineCount(installation: Installation): Promise<number> {
  const { runners } = await installation.rest<{ runners: { state: string }[] }>('GET', '/switchyard/v1/runners');
  return runners.filter(({ state }) => state === 'idle').length;
}
