import { Agent } from 'node:http';
import { call } from '../test/support/simulated-runner.ts';
import { waitFor } from '../test/support/wait.ts';
import { Installation } from './installation.ts';
import { registerRunners } from './parked-runners.ts';
import type { Row } from './rows.ts';
import { cpuMs, residentKiB } from './usage.ts';

const PARKED = 5_000;
const WARM_UP_READS = 15_000;
const WARM_UP_CONNECTIONS = 50;
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
    const [first] = await registerRunners(installation, 1);
    void first?.poll().catch(() => undefined);
    await warmUp(installation);
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

/** What is only made once is there before the first look: the heap too grows once, with how much is asked at a time. */
async function warmUp({ url, token }: Installation): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: WARM_UP_CONNECTIONS });
  for (let count = 0; count < WARM_UP_READS; count += WARM_UP_CONNECTIONS) {
    const reads = Array.from({ length: WARM_UP_CONNECTIONS }, () =>
      call('GET', `${url}/api/v3/user`, { token, agent }),
    );
    await Promise.all(reads);
  }
  agent.destroy();
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
