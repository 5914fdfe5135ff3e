/** What the operating system knows about processes that may not be our children. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Marks every process of one runner: children inherit it, whatever process group or session they make. */
export const INSTANCE_VARIABLE = 'RUNNER_INSTANCE_ID';

/**
 * When the process was started, in the system's own terms: together with the pid it names a process for good.
 * `undefined` when there is none, or only its zombie.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return startTimeByPs(pid);
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (!stat) return undefined;
  // The program's name is in parentheses and may hold spaces; state is the first field after it, start time the 20th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isGone = fields[0] === 'Z' || fields[0] === 'X';
  return isGone ? undefined : fields[19];
}

async function startTimeByPs(pid: number): Promise<string | undefined> {
  const result = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => undefined);
  const text = result?.stdout.trim();
  return !text || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '');
}

/** Sends `signal` to a process group, if there is one. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it is left.
  }
}

/**
 * Kills what is left of a runner whose main process just ended: its process group, and on Linux every process that
 * carries its mark. A worker or step that made its own group would otherwise go on without anybody looking.
 */
export async function killRemains(pid: number, instanceId: string): Promise<void> {
  signalGroup(pid, 'SIGKILL');
  await killMarked(instanceId);
}

/** Kills every process with this mark in its environment. Does nothing where there is no /proc. */
export async function killMarked(instanceId: string): Promise<void> {
  const entries = await readdir('/proc').catch(() => []);
  const marked = await Promise.all(entries.map((entry) => carriesMark(entry, instanceId)));
  entries.forEach((entry, index) => {
    if (marked[index]) killQuietly(Number(entry));
  });
}

async function carriesMark(entry: string, instanceId: string): Promise<boolean> {
  if (!/^\d+$/.test(entry)) return false;
  const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(`${INSTANCE_VARIABLE}=${instanceId}`);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the kill.
  }
}
