import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Processor time of this thread in ms, which what else runs on the machine does not change much: the first figure of its
 * schedstat is in ns. The time of day where the kernel tells none.
 */
export function spentMs(): number {
  if (process.platform !== 'linux') return performance.now();
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ', 1)) / 1e6;
}

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
