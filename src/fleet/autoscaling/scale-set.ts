/** How many runners a scale set wants: NEW-3 and NEW-4 of fleet-semantics 11.2. Pure. */
import { counted, type Reason } from './reason.ts';

export interface ScaleSetLoad {
  /** Idle head-room on top of the jobs, not a floor on the total. */
  minRunners: number;
  /** Left out: without a limit. */
  maxRunners?: number;
  /** `totalAssignedJobs` of the service's statistics: jobs that wait for a runner of this set or have one. */
  assignedJobs: number;
}

/** `min(minRunners + assignedJobs, maxRunners)`, with what led to it. */
export function desiredRunners({ minRunners, maxRunners, assignedJobs }: ScaleSetLoad): {
  desired: number;
  reasons: Reason[];
} {
  const wanted = minRunners + assignedJobs;
  const jobs = `The scale set has ${counted(assignedJobs, 'assigned job')}`;
  const text = minRunners > 0 ? `${jobs}, and keeps ${minRunners} idle for more.` : `${jobs}, a runner for each.`;
  const reasons: Reason[] = [{ code: 'assigned-jobs', text }];
  if (maxRunners === undefined || wanted <= maxRunners) return { desired: wanted, reasons };
  reasons.push({ code: 'maximum', text: `maxRunners is ${maxRunners}, so not ${wanted}.` });
  return { desired: maxRunners, reasons };
}

/** What one evaluation leaves for the next one. */
export interface Evaluated {
  patchSeq: number;
  desired: number;
}

/** Of a listener that has just begun. */
export const NOT_EVALUATED: Evaluated = { patchSeq: -1, desired: -1 };

const MAX_INT32 = 2 ** 31 - 1;

/**
 * NEW-4: numbers the evaluations as ARC does, for those who read `patchID` and the annotation of runners. 0 says that
 * all was quiet at the minimum: there ARC lets surplus runners go. Here a surplus goes at once, since the service
 * refuses to let go of a busy one (D-10), so the number decides nothing.
 * @param isDirty a job began or ended since the last evaluation
 */
export function evaluate(
  before: Evaluated,
  load: ScaleSetLoad,
  isDirty: boolean,
): { evaluated: Evaluated; patchID: number } {
  const { desired } = desiredRunners(load);
  const patchSeq = (before.patchSeq === MAX_INT32 ? 0 : before.patchSeq) + 1;
  const isQuiet = !isDirty && desired === before.desired && desired === load.minRunners;
  return { evaluated: { patchSeq, desired }, patchID: isQuiet ? 0 : patchSeq };
}
