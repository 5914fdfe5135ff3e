/** What the next fleet needs to find a process again; it lies in the instance's folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { InstanceFolder } from '../instance-folder.ts';

/** Written before the runner gets its JIT config: one that is not recorded never registers. */
export const ProcessRecord = z.object({
  pid: z.int().positive(),
  startTime: z.string(),
  instanceId: z.string(),
  startedAtMs: z.number(),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

const RECORD_FILE = 'process.json';

export async function readRecord(folder: InstanceFolder): Promise<ProcessRecord | undefined> {
  const text = await readFile(join(folder.path, RECORD_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return ProcessRecord.safeParse(parseJson(text)).data;
}

export const writeRecord = (folder: InstanceFolder, record: ProcessRecord): Promise<void> =>
  folder.write(RECORD_FILE, JSON.stringify(record));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
