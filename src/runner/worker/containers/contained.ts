/** Whether the runner is in a container itself; apart, since the listener asks at every start. */
import { readFileSync } from 'node:fs';
import { localFacts } from './lease.ts';

/** The kernel's number for the namespace of processes that a machine starts with. */
const MACHINES_PID_NAMESPACE = '4026531836';

/** Whether the runner itself is in a container. Files such as /.dockerenv are also in machines made from images. */
export const isContained = (): boolean =>
  localFacts().pidNamespace !== MACHINES_PID_NAMESPACE ||
  / \/ \/ .* - overlay /.test(readFileSync('/proc/self/mountinfo', 'utf8'));

/**
 * Whether paths of the runner and of its engine may well differ. An engine of the same machine sees what the runner sees,
 * nearly always; to check that at the start of every runner would cost more than it tells.
 */
export const isPlacementDoubtful = (environment: Record<string, string>): boolean =>
  process.platform === 'linux' && (Boolean(environment.DOCKER_HOST) || isContained());
