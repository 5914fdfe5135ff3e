/** Processes that a job left behind: SEM-15.5. Linux only, where /proc shows each process' environment. */
import { readdirSync, readFileSync } from 'node:fs';
import { sleep } from '../common/clock.ts';
import { TRACKING_VARIABLE } from './job-channel.ts';

export interface StrayProcess {
  pid: number;
  name: string;
}

/** Looks that must find nothing in a row, this far apart: a process is invisible for a moment while it starts. */
const EMPTY_LOOKS = 2;
const LOOK_AGAIN_MS = 10;
const MAX_LOOKS = 50;

/** Kills every process whose environment carries the job's tracking id, until none is left; returns what it killed. */
export async function killStrayProcesses(trackingId: string): Promise<StrayProcess[]> {
  const killed = new Map<number, StrayProcess>();
  for (let look = 0, empty = 0; look < MAX_LOOKS && empty < EMPTY_LOOKS; look++) {
    if (look > 0) await sleep(LOOK_AGAIN_MS);
    const strays = findStrayProcesses(trackingId);
    empty = strays.length === 0 ? empty + 1 : 0;
    for (const stray of strays) if (kill(stray.pid)) killed.set(stray.pid, stray);
  }
  return [...killed.values()];
}

/** Without promises: they cost more than the reading itself, tens of ms of every job's end where many processes run. */
function findStrayProcesses(trackingId: string): StrayProcess[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => inspect(pid, trackingId) ?? []);
}

function inspect(pid: string, trackingId: string): StrayProcess | undefined {
  try {
    // Zombies have an empty environment, so they do not count.
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    if (!environment.split('\0').includes(`${TRACKING_VARIABLE}=${trackingId}`)) return undefined;
    return { pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() };
  } catch {
    return undefined; // Ended meanwhile, or belongs to somebody else.
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
