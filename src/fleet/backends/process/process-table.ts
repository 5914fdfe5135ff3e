/** What the operating system knows about processes that may not be our children. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { sleep } from '../../../common/clock.ts';
import { processFacts } from '../../../common/process-facts.ts';
import { sendSignal } from '../../../common/send-signal.ts';

/** Marks every process of one runner: children inherit it, whatever process group or session they make. */
export const INSTANCE_VARIABLE = 'RUNNER_INSTANCE_ID';

/**
 * When the process was started, in the system's own terms: together with the pid it names a process for good.
 * `undefined` when there is none, or only its zombie.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return startTimeByPs(pid);
  const facts = processFacts(pid);
  return facts?.isOver ? undefined : facts?.startTime;
}

async function startTimeByPs(pid: number): Promise<string | undefined> {
  const result = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => undefined);
  const text = result?.stdout.trim();
  return !text || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '');
}

/** Sends `signal` to a process group, if there is one. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid > 1) sendSignal(-pid, signal);
}

/**
 * Kills what is left of a runner whose main process just ended: its process group, and on Linux every process that
 * carries its mark. A worker or step that made its own group would otherwise go on without anybody looking.
 */
export async function killRemains(pid: number, instanceId: string): Promise<void> {
  signalGroup(pid, 'SIGKILL');
  await killMarked(instanceId);
}

/** A worker whose listener was killed stops its steps at once and tells the server why; then it is gone. */
const LAST_WORDS_MS = 3_000;
const LOOK_EVERY_MS = 50;

/**
 * Lets what is left of a runner that ended abnormally end by itself, so that its job gets its reason at once and not
 * when its lease runs out; then kills the rest.
 */
export async function endRemains(pid: number, instanceId: string): Promise<void> {
  const deadline = Date.now() + LAST_WORDS_MS;
  while (Date.now() < deadline && (await findMarked(instanceId)).length > 0) await sleep(LOOK_EVERY_MS);
  await killRemains(pid, instanceId);
}

/** Looks at most; a process that is just being started still shows its parent's environment and is met the next time. */
const MAX_LOOKS = 20;

/** Kills every process with this mark in its environment, until a look finds none. Linux only: it needs /proc. */
export async function killMarked(instanceId: string): Promise<void> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const found = await findMarked(instanceId);
    if (found.length === 0) return;
    for (const pid of found) sendSignal(pid, 'SIGKILL');
  }
}

async function findMarked(instanceId: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const marked = await Promise.all(pids.map((pid) => carriesMark(pid, instanceId)));
  return pids.filter((_pid, index) => marked[index]).map(Number);
}

/** A zombie has no environment, so it does not count. */
async function carriesMark(pid: string, instanceId: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(`${INSTANCE_VARIABLE}=${instanceId}`);
}
