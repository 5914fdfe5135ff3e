/** A control group with a memory limit, for tests that want to see the kernel end processes. Version 1 or 2. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait.ts';

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';

export interface MemoryGroup {
  /** Processes that it starts from now on belong to it as well. */
  add(pid: number): void;
  /** Once its processes have ended. */
  close(): Promise<void>;
}

/** Undefined where this process may not make one. */
export function memoryGroup(limitBytes: number): MemoryGroup | undefined {
  const isV1 = existsSync(join(V1, 'memory.limit_in_bytes'));
  const folder = join(isV1 ? V1 : V2, `switchyard-test-${process.pid}-${Date.now()}`);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(limitBytes));
  } catch {
    if (existsSync(folder)) rmdirSync(folder);
    return undefined;
  }
  return {
    add: (pid) => writeFileSync(join(folder, 'cgroup.procs'), String(pid)),
    close: async () => {
      await waitFor('the control group to be empty', () => removed(folder));
    },
  };
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
