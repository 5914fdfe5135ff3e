import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';

/** What may happen to a fleet, each with a number that picks the victim. */
const happenings = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'online',
      'assign',
      'finish',
      'crash',
      'assign-on-delete',
      'scale',
      'template',
      'delete',
      'deploy',
      'restart',
      'server-fails',
      'server-recovers',
      'offline',
      'removed',
      'time',
      'long-time',
      'settle',
      'settle',
    ),
    pick: fc.nat(30),
  }),
  { minLength: 5, maxLength: 40 },
);
type Happening = { kind: string; pick: number };

describe('the controller under any sequence of events', () => {
  for (const ephemeral of [true, false]) {
    it(`never stops a busy runner, and ends with the wanted number of runners (ephemeral: ${ephemeral})`, async () => {
      await fc.assert(
        fc.asyncProperty(happenings, async (sequence) => {
          await check(sequence, ephemeral);
        }),
        { numRuns: 25 },
      );
    }, 120_000);
  }
});

async function check(sequence: Happening[], ephemeral: boolean): Promise<void> {
  const clock = new ManualClock();
  const fleet = await FleetUnderTest.withFake(clock);
  const stoppedBusy: string[] = [];
  fleet.backend.onStop = (name) => {
    const isBusy = [...fleet.github.runners.values()].some((runner) => runner.name === name && runner.busy);
    if (isBusy) stoppedBusy.push(name);
  };
  try {
    for (const happening of sequence) await happen(fleet, clock, happening, ephemeral);
    expect(stoppedBusy).toEqual([]);
    await calmDown(fleet, clock);
    expect(stoppedBusy).toEqual([]);
    expect(fleet.backend.running()).toHaveLength(wanted(fleet));
  } finally {
    fleet.backend.onStop = () => undefined;
    await fleet.close();
  }
}

/** The server works again, jobs end, and time passes. */
async function calmDown(fleet: FleetUnderTest, clock: ManualClock): Promise<void> {
  fleet.github.failWith = undefined;
  fleet.github.beforeDelete = () => undefined;
  for (let round = 0; round < 60; round++) {
    for (const runner of [...fleet.github.runners.values()]) {
      runner.status = 'online';
      if (runner.busy) endJob(fleet, runner.id);
    }
    clock.advance(61_000);
    await fleet.controller.settled();
    if (round > 3 && fleet.backend.running().length === wanted(fleet)) return;
  }
}

function wanted(fleet: FleetUnderTest): number {
  let count = 0;
  for (const { spec } of fleet.store.list('runnerdeployments')) count += (spec as { replicas: number }).replicas;
  return count;
}

function endJob(fleet: FleetUnderTest, id: number): void {
  const runner = fleet.github.runners.get(id);
  fleet.github.finish(id);
  if (runner?.ephemeral) fleet.backend.exit(runner.name, { code: 0, ranMs: 60_000, output: '' });
}

async function happen(
  fleet: FleetUnderTest,
  clock: ManualClock,
  { kind, pick }: Happening,
  ephemeral: boolean,
): Promise<void> {
  const { github, backend } = fleet;
  // Only a runner whose program runs can poll.
  const polling = [...github.runners.values()].filter(({ name }) => backend.running().includes(name));
  const one = polling[pick % Math.max(1, polling.length)];
  const spec = { repository: 'octo/app', ephemeral };
  switch (kind) {
    case 'online':
      for (const { id } of polling) github.online(id);
      break;
    case 'assign':
      if (one) github.assign(one.id);
      break;
    case 'finish':
      for (const { id, busy } of polling) if (busy) endJob(fleet, id);
      break;
    case 'crash':
      if (one) backend.exit(one.name, { signal: 'SIGKILL', ranMs: pick * 2_000, output: '' });
      break;
    case 'assign-on-delete':
      github.beforeDelete = (id) => {
        const runner = github.runners.get(id);
        if (runner && id % 2 === pick % 2 && backend.running().includes(runner.name)) github.assign(id);
      };
      break;
    case 'scale':
      fleet.change('pool', (old) => ({ ...old, replicas: pick % 5 }));
      break;
    case 'template':
      fleet.change('pool', (old) => ({ ...old, template: { spec: { ...spec, labels: [`v${pick % 3}`] } } }));
      break;
    case 'delete':
      if (fleet.store.list('runnerdeployments').length > 0) {
        fleet.store.delete({ plural: 'runnerdeployments', namespace: 'default', name: 'pool' });
      }
      break;
    case 'deploy':
      if (fleet.store.list('runnerdeployments').length === 0) fleet.deploy('pool', pick % 4, spec);
      break;
    case 'restart':
      await fleet.restart();
      break;
    case 'server-fails':
      github.failWith = pick % 3 === 0 ? 403 : 503;
      break;
    case 'server-recovers':
      github.failWith = undefined;
      break;
    case 'offline':
      if (one) one.status = 'offline';
      break;
    case 'removed':
      // By somebody else; the server refuses it for a busy one.
      if (one && !one.busy) github.runners.delete(one.id);
      break;
    case 'time':
      clock.advance(pick * 4_000);
      break;
    case 'long-time':
      // Until after every time-out, with the looks that come between.
      for (let minute = 0; minute < 11; minute++) {
        clock.advance(60_000);
        await fleet.controller.settled();
      }
      break;
    default:
      await fleet.controller.settled();
  }
}
