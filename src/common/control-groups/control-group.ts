/** A group of processes that none of them can leave unseen: limits for all of it, and an end for all of it. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sleep } from '../clock.ts';
import { processFacts } from '../process-facts.ts';
import { sendSignal } from '../send-signal.ts';
import { readText } from './hierarchies.ts';
import { MAIN_GROUP, type Parent } from './parents.ts';

export interface Limits {
  /** Cores, such as 1.5. */
  cpus?: number;
  memoryBytes?: number;
  /** Processes and threads. */
  pids?: number;
}

const CPU_PERIOD_US = 100_000;
const GONE_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 10;

/** By its folders, so that another process can be told of it. */
export class ControlGroup {
  readonly folders: readonly string[];

  constructor(folders: readonly string[]) {
    this.folders = folders;
  }

  /** @param name unique among the groups of its parents. @throws Error when it cannot be made; nothing of it is left then */
  static make(name: string, parents: readonly Parent[], limits: Limits): ControlGroup {
    const group = new ControlGroup(parents.map(({ folder }) => join(folder, name)));
    try {
      for (const [index, { isV2, controllers }] of parents.entries()) {
        const folder = group.folders[index] ?? '';
        mkdirSync(folder);
        for (const controller of controllers) LIMITERS[controller](folder, isV2, limits);
      }
      return group;
    } catch (error) {
      for (const folder of group.folders) removeFolder(folder);
      throw error;
    }
  }

  /** Costs some milliseconds, in which nothing is held up. Children that it starts from then on are in it too. */
  async add(pid: number): Promise<void> {
    for (const folder of this.folders) await writeFile(join(folder, 'cgroup.procs'), String(pid));
  }

  /** Pids of all live processes in it and in groups that they made below. */
  members(): number[] {
    const [first] = this.folders;
    return first === undefined ? [] : [...new Set(withNested(first).flatMap(processesOf))];
  }

  /** Takes a process out, to where the group itself lies. False when that cannot be. */
  async release(pid: number): Promise<boolean> {
    const moves = this.folders.map(async (folder) => {
      const parent = dirname(folder);
      const [main, procs] = [join(parent, MAIN_GROUP, 'cgroup.procs'), join(parent, 'cgroup.procs')];
      await writeFile(existsSync(main) ? main : procs, String(pid));
    });
    const outcomes = await Promise.allSettled(moves);
    return outcomes.every(({ status }) => status === 'fulfilled');
  }

  /**
   * Kills its processes until there are none, forking as they may: with a limit of processes none is made meanwhile.
   * @param spared that are not
   * @returns those that could not be killed
   */
  async kill(spared: ReadonlySet<number> = new Set()): Promise<number[]> {
    const thaw = this.#stopForking();
    const others = (): number[] => this.members().filter((pid) => !spared.has(pid));
    const deadline = Date.now() + GONE_WITHIN_MS;
    let left = others();
    while (left.length > 0 && Date.now() < deadline) {
      if (spared.size > 0 || !this.#killAtOnce()) for (const pid of left) sendSignal(pid, 'SIGKILL');
      await sleep(LOOK_EVERY_MS);
      left = others();
    }
    thaw();
    return left;
  }

  /** Kills what is in it and removes it. @returns processes that could not be killed; the group stays then */
  async close(): Promise<number[]> {
    const left = await this.kill();
    if (left.length > 0) return left;
    // The last process may still be on its way out.
    for (let look = 0; look < GONE_WITHIN_MS / LOOK_EVERY_MS; look++) {
      for (const folder of this.folders) removeFolder(folder);
      if (!this.folders.some(existsSync)) return [];
      await sleep(LOOK_EVERY_MS);
    }
    return this.members();
  }

  /** @returns lets them again */
  #stopForking(): () => void {
    const files = this.folders.map((folder) => join(folder, 'pids.max')).filter(existsSync);
    const before = files.map(readText);
    for (const file of files) writeQuietly(file, '0');
    return () => {
      for (const [index, file] of files.entries()) writeQuietly(file, before[index] ?? 'max');
    };
  }

  /** Version 2, Linux 5.14. */
  #killAtOnce(): boolean {
    const file = this.folders.map((folder) => join(folder, 'cgroup.kill')).find(existsSync);
    return file !== undefined && writeQuietly(file, '1');
  }
}

/** @throws Error when a limit is not accepted */
const LIMITERS = {
  cpu(folder: string, isV2: boolean, { cpus }: Limits): void {
    if (cpus === undefined) return;
    const quota = Math.max(1_000, Math.round(cpus * CPU_PERIOD_US));
    if (isV2) {
      writeFileSync(join(folder, 'cpu.max'), `${quota} ${CPU_PERIOD_US}`);
    } else {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), String(CPU_PERIOD_US));
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota));
    }
  },
  memory(folder: string, isV2: boolean, { memoryBytes }: Limits): void {
    if (memoryBytes === undefined) return;
    writeFileSync(join(folder, isV2 ? 'memory.max' : 'memory.limit_in_bytes'), String(memoryBytes));
    // Swap would stretch the limit; a kernel that does not count it has no such file.
    const swap = isV2 ? ['memory.swap.max', '0'] : ['memory.memsw.limit_in_bytes', String(memoryBytes)];
    writeQuietly(join(folder, swap[0] ?? ''), swap[1] ?? '');
  },
  pids(folder: string, _isV2: boolean, { pids }: Limits): void {
    if (pids !== undefined) writeFileSync(join(folder, 'pids.max'), String(pids));
  },
};

/** The folder and all below, innermost first. */
function withNested(folder: string): string[] {
  try {
    const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...below.flatMap(({ name }) => withNested(join(folder, name))), folder];
  } catch {
    return [];
  }
}

function processesOf(folder: string): number[] {
  const pids = readText(join(folder, 'cgroup.procs')).split('\n').map(Number);
  // 0 is one of another namespace, which nobody here can reach.
  return pids.filter((pid) => pid > 0 && processFacts(pid)?.isOver === false);
}

function removeFolder(folder: string): void {
  for (const each of withNested(folder)) {
    try {
      rmdirSync(each);
    } catch {
      // Something is still in it.
    }
  }
}

function writeQuietly(file: string, text: string): boolean {
  try {
    writeFileSync(file, text);
    return true;
  } catch {
    return false;
  }
}
