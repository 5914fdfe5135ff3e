import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode, UserError } from '../../common/errors.ts';
import { processFacts } from '../../common/process-facts.ts';

/** Who holds a data folder. */
interface Holder {
  pid: number;
  /** See `ProcessFacts`; empty where that is not known. */
  started: string;
}

/**
 * Takes the data folder's `part` (server or fleet) for this process; a lock of a process that is gone is taken over.
 * @throws UserError when another Switchyard uses the folder
 */
export async function lockFolder(folder: string, part: string): Promise<{ close(): Promise<void> }> {
  const file = join(folder, `${part}.lock`);
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Holder));
      await handle.close();
      return { close: () => rm(file, { force: true }) };
    } catch (error) {
      if (!hasErrorCode(error, 'EEXIST')) throw error;
    }
    const holder = await readHolder(file);
    if (attempt > 0 || (holder && isAlive(holder))) throw inUse(folder, file, holder);
    await rm(file, { force: true });
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const { pid, started }: Partial<Holder> = JSON.parse(await readFile(file, 'utf8'));
    return typeof pid === 'number' ? { pid, started: String(started) } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    if (!hasErrorCode(error, 'EPERM')) return false;
  }
  const now = startOf(pid);
  return now === '' || started === '' || now === started;
}

const startOf = (pid: number): string => processFacts(pid)?.startTime ?? '';

function inUse(folder: string, file: string, holder: Holder | undefined): UserError {
  const who = holder ? ` (process ${holder.pid})` : '';
  return new UserError('folder-in-use', `Another Switchyard${who} is using ${folder}.`, {
    hint: `Stop it, or give this one its own folder by --data. If there is none, remove ${file}.`,
  });
}
