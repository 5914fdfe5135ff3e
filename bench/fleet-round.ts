import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FleetUnderTest } from '../src/fleet/testing/fleet-under-test.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { durations, type Row } from './rows.ts';

const RUNNERS = 10_000;
const ROUNDS = 12;
/** The pause between two rounds in which the controller looks at everything. */
const RESYNC_MS = 30_000;
const MIB = 2 ** 20;

let measured: Promise<{ rounds: number[]; rssMiB: number }> | undefined;

/** Every resource looked at, and the server asked for all its runners, with 10,000 of them idle. */
export async function benchFleetRound(): Promise<Row> {
  const { rounds } = await measureOnce();
  return durations(`a round of the fleet with ${RUNNERS} runners`, rounds, { p50: 1_000 });
}

/** Of the process: controller, store, backend without programs, and the stand-in for the server. */
export async function benchFleetMemory(): Promise<Row> {
  const { rssMiB } = await measureOnce();
  const name = `memory of a fleet with ${RUNNERS} runners, its server's stand-in included`;
  return { name, unit: 'MiB', samples: 1, p50: rssMiB, p99: null, budget: { p50: 300 } };
}

function measureOnce() {
  measured ??= measure();
  return measured;
}

async function measure(): Promise<{ rounds: number[]; rssMiB: number }> {
  const clock = new ManualClock();
  const fleet = await FleetUnderTest.withFake(clock);
  try {
    fleet.deploy('pool', RUNNERS);
    await fleet.controller.settled();
    // Tests look at these; a backend keeps none.
    fleet.backend.started.length = 0;
    for (const { id } of fleet.github.runners.values()) fleet.github.online(id);
    const rounds: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const before = performance.now();
      clock.advance(RESYNC_MS);
      await fleet.controller.settled();
      // The first sees all runners come online: it is no ordinary round.
      if (round > 0) rounds.push(performance.now() - before);
    }
    collectGarbage();
    return { rounds, rssMiB: process.memoryUsage().rss / MIB };
  } finally {
    fleet.controller.abandon();
    await fleet.close();
  }
}

/** Else the figure is when V8 last did so, which differs by half from run to run. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
