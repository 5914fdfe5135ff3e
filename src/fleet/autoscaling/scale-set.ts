/** How many runners a scale set wants: NEW-3 of fleet-semantics 11.2. */
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
