import { readFile } from 'node:fs/promises';

/** A tick of /proc/PID/stat on Linux. */
const MS_PER_TICK = 10;

/** What a process has used of all processors, in its own code and the kernel's. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name before may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

export async function residentKiB(pid: number): Promise<number> {
  return Number(/^Rss:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
}
