/**
 * What proves that the runner which made a container is dead. A short id or an age proves nothing: runners that removed
 * each other's containers by such a mark are where exit code 137 came from (runner-protocol 11.6).
 *
 * `process/<machine>/<boot>/<pid namespace>/<pid>/<start>`: a process that other runners of the machine can look up.
 * `container/<id>/<start>`: a runner in a container, whose state the Docker engine itself knows.
 */
import { readFileSync } from 'node:fs';
import { pidNamespace, processFacts } from '../../../common/process-facts.ts';

/** What is known here, for comparing. */
export interface LeaseFacts {
  machine: string;
  boot: string;
  pidNamespace: string;
  /** When the process was started, in ticks since boot; undefined when there is none. */
  startOf(pid: number): string | undefined;
  /** When the container was started; undefined when there is none or it does not run. */
  containerStart(id: string): Promise<string | undefined>;
}

/** Of a runner that is no container of the engine. @param pid the runner's listener */
export function processLease(pid: number, facts: Omit<LeaseFacts, 'containerStart'>): string {
  const { machine, boot, pidNamespace } = facts;
  return ['process', machine, boot, pidNamespace, pid, facts.startOf(pid) ?? ''].join('/');
}

/** @param startedAt as `docker inspect` has it */
export const containerLease = (id: string, startedAt: string): string => `container/${id}/${startedAt}`;

/**
 * Whether the owner is proven dead. What cannot be known counts as alive.
 * @param isRunning the container itself runs: then its machine was not started anew since
 */
export async function isDead(lease: string, isRunning: boolean, facts: LeaseFacts): Promise<boolean> {
  const [kind, ...parts] = lease.split('/');
  if (kind === 'container') {
    const [id = '', startedAt] = parts;
    return id !== '' && (await facts.containerStart(id)) !== startedAt;
  }
  const [machine, boot, pidNamespace, pid, start] = parts;
  if (kind !== 'process' || !pid || !start || machine === '' || machine !== facts.machine) return false;
  if (boot !== facts.boot) return !isRunning;
  return pidNamespace === facts.pidNamespace && facts.startOf(Number(pid)) !== start;
}

export function localFacts(): Omit<LeaseFacts, 'containerStart'> {
  return {
    machine: read('/etc/machine-id'),
    boot: read('/proc/sys/kernel/random/boot_id'),
    pidNamespace: pidNamespace() ?? '',
    startOf(pid) {
      const facts = processFacts(pid);
      return facts?.isOver ? undefined : facts?.startTime;
    },
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
