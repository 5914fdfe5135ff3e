/** Lets one of several runners of a machine fetch what all of them share. */
import { rmSync, utimesSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { sleep } from '../../common/clock.ts';
import { hasErrorCode } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';

/** The holder touches its file this often; one that was not touched for longer belongs to somebody who died. */
const TOUCH_MS = 1_000;
const STALE_MS = 10_000;
const LOOK_EVERY_MS = 100;

/**
 * Waits until nobody else holds the lock. By the age of a file, since holders may live in other containers, where process
 * ids say nothing. Two that take over the same stale lock at once may both get it: what it guards must bear that.
 * @throws the signal's reason
 */
export async function withFetchLock<T>(file: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  while (!(await tryTake(file))) {
    signal.throwIfAborted();
    await removeStale(file);
    await sleep(LOOK_EVERY_MS, signal);
  }
  const touch = setInterval(() => touchQuietly(file), TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    rmSync(file, { force: true });
  }
}

async function tryTake(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function removeStale(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (!found || Date.now() - found.mtimeMs < STALE_MS) return;
  const aside = `${file}.${newGuid()}`;
  await rename(file, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

function touchQuietly(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Taken over by somebody who thought us dead.
  }
}
