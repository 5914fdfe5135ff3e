/** What Linux tells of processes in /proc; elsewhere nothing. */
import { readFileSync, readlinkSync } from 'node:fs';

/** From proc_pid_stat(5). */
export interface ProcessFacts {
  /** Of the program, cut off after 15 bytes. */
  name: string;
  /** The process has ended, and only its parent has not looked yet. */
  isOver: boolean;
  parent: number;
  /** In ticks since boot: a pid alone may belong to another by now, with this it names a process for good. */
  startTime: string;
}

/** Without promises: they cost more than the reading itself. @returns undefined when there is no such process */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    return readStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** The name is in brackets, and may hold any of them and spaces. */
export function readStat(text: string): ProcessFacts {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return {
    name: text.slice(text.indexOf('(') + 1, end),
    isOver: fields[0] === 'Z' || fields[0] === 'X',
    parent: Number(fields[1]),
    startTime: fields[19] ?? '',
  };
}

/** Pids are only told apart within one namespace. @returns its number */
export function pidNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
  } catch {
    return undefined;
  }
}
