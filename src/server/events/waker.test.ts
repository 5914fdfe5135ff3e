import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { Waker } from './waker.ts';

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('does its task once more for all who wake it while it is under way, never twice at once', async () => {
  const gates = [deferred(), deferred()];
  let begun = 0;
  const waker = new Waker(new ManualClock(), async () => {
    await gates[begun++]?.promise;
  });
  waker.start();
  waker.wake();
  waker.wake();
  expect(begun).toBe(1);
  gates[0]?.resolve();
  await expect.poll(() => begun).toBe(2);
  gates[1]?.resolve();
  await waker.close();
  expect(begun).toBe(2);
});

test('waits at its end for what is under way, and begins nothing after it', async () => {
  const gate = deferred();
  let ended = 0;
  const waker = new Waker(new ManualClock(), async () => {
    await gate.promise;
    ended++;
  });
  waker.start();
  waker.wake();
  const closed = waker.close();
  waker.wake();
  gate.resolve();
  await closed;
  expect(ended).toBe(1);
});

test('begins nothing before its start, and then at once', async () => {
  let begun = 0;
  const waker = new Waker(new ManualClock(), async () => void begun++);
  waker.wake();
  expect(begun).toBe(0);
  waker.start();
  expect(begun).toBe(1);
  await waker.close();
});

test('comes back at the earliest of the times that it is given, and forgets the others', async () => {
  const clock = new ManualClock();
  const times = [[3_000, 1_000, 2_000]];
  let begun = 0;
  const waker = new Waker(clock, async () => {
    for (const afterMs of times[begun++] ?? []) waker.wakeAt(clock.now() + afterMs);
  });
  waker.start();
  clock.advance(999);
  expect(begun).toBe(1);
  clock.advance(1);
  await expect.poll(() => begun).toBe(2);
  await waker.close();
  expect(clock.pending).toBe(0);
});

test('leaves no timer behind', async () => {
  const clock = new ManualClock();
  const waker = new Waker(clock, async () => waker.wakeAt(clock.now() + 1_000));
  waker.start();
  expect(clock.pending).toBe(1);
  await waker.close();
  waker.wakeAt(clock.now() + 1_000);
  expect(clock.pending).toBe(0);
});
