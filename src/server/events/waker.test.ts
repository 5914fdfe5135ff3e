import { expect, test } from 'vitest';
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
  const waker = new Waker(async () => {
    await gates[begun++]?.promise;
  });
  waker.wake();
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
  const waker = new Waker(async () => {
    await gate.promise;
    ended++;
  });
  waker.wake();
  waker.wake();
  const closed = waker.close();
  waker.wake();
  gate.resolve();
  await closed;
  expect(ended).toBe(1);
});
