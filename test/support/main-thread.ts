import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Processor time of this process's main thread in ms: the first figure of its schedstat is in ns. */
export const spentMs = (): number =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ', 1)) / 1e6;

/**
 * The longest time that the event loop was blocked while `work` ran, in ms of its own processor time: what other
 * programs of the machine take away does not count.
 */
export async function blocking<T>(work: () => Promise<T>): Promise<{ result: T; blockMs: number }> {
  let isDone = false;
  const working = work().finally(() => (isDone = true));
  let blockMs = 0;
  for (let before = spentMs(); !isDone; ) {
    await nextTurn();
    const now = spentMs();
    blockMs = Math.max(blockMs, now - before);
    before = now;
  }
  return { result: await working, blockMs };
}
