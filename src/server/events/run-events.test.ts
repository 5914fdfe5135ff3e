import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { silentLogger } from '../../common/log.ts';
import { openDatabase } from '../../store/database.ts';
import { addRunEvent, runEventsAfter } from '../../store/events.ts';
import type { IncomingEvent } from '../engine/engine.ts';
import type { DefaultBranches } from './default-branches.ts';
import { RunEvents } from './run-events.ts';

test('tries an event again that could not be accepted, a minute later, and lets no other wait for it', async () => {
  const db = await openDatabase(':memory:');
  const clock = new ManualClock();
  const keys: string[] = [];
  let isBroken = true;
  const engine = {
    acceptEvent: async ({ key }: IncomingEvent) => {
      if (isBroken && key === 'workflow_run:1:1:completed') throw new Error('git is away');
      keys.push(key);
      return { runs: [], notStarted: [], alreadyAccepted: false };
    },
  };
  const branches = {
    tip: async () => ({ ref: 'refs/heads/main', sha: 'a'.repeat(40) }),
    listens: () => true,
  } as unknown as DefaultBranches;
  const events = new RunEvents({ db, clock, engine, branches, publicUrl: () => 'http://x', logger: silentLogger });
  for (const _ of [1, 2]) {
    const { run } = await insertRunWithJob(db);
    const row = { run_id: run.id, attempt: 1, activity: 'completed', conclusion: 'success', created_at: '' } as const;
    await addRunEvent(db, row);
  }
  const left = async (): Promise<number[]> => (await runEventsAfter(db, 0, 9)).map(({ run_id }) => run_id);

  events.wake();
  expect(await left()).toEqual([1, 2]);
  events.start();
  await expect.poll(left).toEqual([1]);
  expect(keys).toEqual(['workflow_run:2:1:completed']);
  await expect.poll(() => clock.pending).toBe(1);
  isBroken = false;
  clock.advance(60_000);
  await expect.poll(left).toEqual([]);
  expect(keys).toEqual(['workflow_run:2:1:completed', 'workflow_run:1:1:completed']);
  await events.close();
  expect(clock.pending).toBe(0);
  await db.destroy();
});
