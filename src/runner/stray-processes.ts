/** Processes that a job left behind: SEM-15.5. Linux only, where /proc shows each process' environment. */
import { readdirSync, readFileSync } from 'node:fs';
import { sleep } from '../common/clock.ts';
import type { ControlGroup } from '../common/control-groups/index.ts';
import { processFacts } from '../common/process-facts.ts';
import { sendSignal } from '../common/send-signal.ts';
import { TRACKING_VARIABLE } from './job-channel.ts';

export interface StrayProcess {
  pid: number;
  name: string;
}

export interface Strays {
  killed: StrayProcess[];
  /** They changed the variable that marks them, the documented way to outlive a job (runner-protocol 11.11). */
  optedOut: StrayProcess[];
}

/** Looks that must find nothing in a row, this far apart: a process is invisible for a moment while it starts. */
const EMPTY_LOOKS = 2;
const LOOK_AGAIN_MS = 10;
const GIVE_UP_MS = 5_000;

/**
 * Kills every process of the job until none is left: those in its control group, and those whose environment carries its
 * tracking id, with their children. Without a group, one that cleared its environment and has no parent any more stays.
 */
export async function killStrayProcesses(trackingId: string, group?: ControlGroup): Promise<Strays> {
  const { killed, optedOut } = group ? await killGroup(trackingId, group) : { killed: [], optedOut: [] };
  const strays = new Map(killed.map((stray) => [stray.pid, stray]));
  for (const stray of await killMarked(trackingId)) strays.set(stray.pid, stray);
  return { killed: [...strays.values()], optedOut };
}

/** This process is in the group too. */
async function killGroup(trackingId: string, group: ControlGroup): Promise<Strays> {
  const members = group.members().flatMap((pid) => (pid === process.pid ? [] : (inspect(pid) ?? [])));
  const optedOut: Inspected[] = [];
  for (const member of members) {
    if (member.mark !== undefined && member.mark !== trackingId && (await group.release(member.pid)))
      optedOut.push(member);
  }
  const left = new Set(await group.kill(new Set([process.pid])));
  return { killed: members.filter((member) => !optedOut.includes(member) && !left.has(member.pid)), optedOut };
}

async function killMarked(trackingId: string): Promise<StrayProcess[]> {
  const killed = new Map<number, StrayProcess>();
  const deadline = Date.now() + GIVE_UP_MS;
  for (let empty = 0; empty < EMPTY_LOOKS && Date.now() < deadline; ) {
    const strays = stopAll(trackingId);
    empty = strays.length === 0 ? empty + 1 : 0;
    for (const stray of strays) if (sendSignal(stray.pid, 'SIGKILL')) killed.set(stray.pid, stray);
    if (empty < EMPTY_LOOKS) await sleep(LOOK_AGAIN_MS);
  }
  return [...killed.values()];
}

/** What is stopped forks no more: else one that forks for ever would always be ahead. */
function stopAll(trackingId: string): StrayProcess[] {
  const stopped = new Map<number, StrayProcess>();
  for (;;) {
    const fresh = findMarked(trackingId).filter(({ pid }) => !stopped.has(pid));
    if (fresh.length === 0) return [...stopped.values()];
    for (const stray of fresh) {
      sendSignal(stray.pid, 'SIGSTOP');
      stopped.set(stray.pid, stray);
    }
  }
}

interface Inspected extends StrayProcess {
  parent: number;
  /** Value of the variable that marks it. */
  mark: string | undefined;
}

/** Without promises: they cost more than the reading itself, tens of ms of every job's end where many processes run. */
function findMarked(trackingId: string): Inspected[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const processes = pids.flatMap((pid) => inspect(Number(pid)) ?? []);
  const found = new Set(processes.filter(({ mark }) => mark === trackingId));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    const parents = new Set([...found].map(({ pid }) => pid));
    for (const each of processes) if (each.mark === undefined && parents.has(each.parent)) found.add(each);
  }
  return [...found];
}

function inspect(pid: number): Inspected | undefined {
  try {
    const facts = processFacts(pid);
    if (!facts || facts.isOver) return undefined;
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    const mark = environment.find((entry) => entry.startsWith(MARK))?.slice(MARK.length);
    return { pid, parent: facts.parent, mark, name: facts.name };
  } catch {
    return undefined; // Ended meanwhile, or belongs to somebody else.
  }
}

const MARK = `${TRACKING_VARIABLE}=`;
