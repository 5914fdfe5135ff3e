import { waitFor } from '../test/support/wait.ts';
import { Installation } from './installation.ts';
import { registerRunners } from './parked-runners.ts';
import type { Row } from './rows.ts';
import { cpuMs, residentKiB } from './usage.ts';

const PARKED = 5_000;
/** Polls are answered after 50 s; until then all are held. */
const HELD_MS = 40_000;
const LOOK_EVERY_MS = 1_000;
/** So much the server has to do in any case; meanwhile it has nothing else. */
const QUIET_MS = 30;

/** Memory of the server for each of 5,000 polls that it holds at once, with the runner's registration and session. */
export async function benchHeldPolls(): Promise<Row> {
  const installation = await Installation.start();
  const pid = installation.serverPid;
  try {
    // What is only made once is there before the first look.
    const [first] = await registerRunners(installation, 1);
    void first?.poll().catch(() => undefined);
    const before = await residentKiB(pid);
    const runners = await registerRunners(installation, PARKED, ['other'], 1);
    // As every listener: a connection that was idle for long may be gone.
    for (const runner of runners) void runner.poll().catch(() => runner.poll().catch(() => undefined));
    await hasComeToRest(pid);
    const after = await residentKiB(pid);
    // Now, for to list them takes memory too.
    const online = await onlineCount(installation);
    if (online < PARKED) throw new Error(`only ${online} of ${PARKED} polls are held`);
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

/** Everything that was sent has been taken in. */
async function hasComeToRest(pid: number): Promise<void> {
  let last = 0;
  const isQuiet = async (): Promise<boolean> => {
    const used = await cpuMs(pid);
    const isSo = used - last <= QUIET_MS;
    last = used;
    return isSo;
  };
  await waitFor('the server to hold all polls', isQuiet, HELD_MS, LOOK_EVERY_MS);
}

async function onlineCount(installation: Installation): Promise<number> {
  const { runners } = await installation.rest<{ runners: { state: string }[] }>('GET', '/switchyard/v1/runners');
  return runners.filter(({ state }) => state === 'idle').length;
}
