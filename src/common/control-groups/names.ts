/** Names of groups tell whose they are, so that what somebody dead left is found, and nothing else is touched. */
import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { pidNamespace, processFacts } from '../process-facts.ts';
import { ControlGroup } from './control-group.ts';
import { groupFolders } from './parents.ts';

/** See `ProcessFacts`. */
export interface Owner {
  pid: number;
  startTime: string;
}

const NAME = /^switchyard-(\d+)-(\d+)-(\d+)-/;

/** A name for a group of this process. */
export const ownGroupName = (suffix: string): string => `${prefixOf(self())}${suffix}`;

const self = (): Owner => ({ pid: process.pid, startTime: startOf(process.pid) });
const prefixOf = ({ pid, startTime }: Owner): string => `switchyard-${namespaceOf()}-${pid}-${startTime}-`;

const namespaceOf = (): string => pidNamespace() ?? '0';
const startOf = (pid: number): string => processFacts(pid)?.startTime ?? '';

/** Kills what runs in the groups that a process made, which is over, and removes them. Never rejects. */
export async function removeGroupsOf(owner: Owner): Promise<void> {
  const prefix = prefixOf(owner);
  for (const { folder, name } of groups()) {
    if (name.startsWith(prefix)) await new ControlGroup([join(folder, name)]).close().catch(() => undefined);
  }
}

/** Removes empty groups of processes that are over; what still runs in one is left to who knows it. */
export function removeEmptyGroups(): void {
  const here = namespaceOf();
  for (const { folder, name } of groups()) {
    const [, namespace, pid, startTime] = NAME.exec(name) ?? [];
    if (namespace !== here || startOf(Number(pid)) === startTime) continue;
    try {
      rmdirSync(join(folder, name));
    } catch {
      // It is not empty.
    }
  }
}

function groups(): { folder: string; name: string }[] {
  return groupFolders().flatMap((folder) => {
    try {
      return readdirSync(folder).map((name) => ({ folder, name }));
    } catch {
      return [];
    }
  });
}
