/** Which autoscaler reserves a replica for a job: WH-7 of fleet-semantics 4.2, with one owner per job (D-7). Pure. */
import type { DemandedJob } from '../demand/types.ts';
import { isDefaultGroup, jobsOfPool, type Pool } from './pool-jobs.ts';
import { reservationName } from './reservations.ts';

/** A pool whose autoscaler has a usable trigger. */
export interface ReservingPool extends Pool {
  /** Of the autoscaler, unique. */
  key: string;
  /** Names of its reservations. */
  reserved: ReadonlySet<string>;
  /** Whether the runner of this name is one of its own. */
  hasRunner: (name: string) => boolean;
}

/**
 * Of each job the pool that reserves for it. A job that runs belongs to the pool whose runner has it, and to none when
 * that is nobody's of ours; one that has a reservation stays with it; others go to the first pool in ARC's order that
 * matches.
 * @param pools oldest first
 */
export function reservedJobs(
  pools: readonly ReservingPool[],
  jobs: readonly DemandedJob[],
): Map<string, DemandedJob[]> {
  const ordered = pools.toSorted((a, b) => rank(a) - rank(b));
  const matching = ordered.map((pool) => ({ pool, jobs: new Set(jobsOfPool(pool, jobs)) }));
  const owned = new Map<string, DemandedJob[]>(pools.map(({ key }) => [key, []]));
  for (const job of jobs) {
    const candidates = matching.filter((one) => one.jobs.has(job)).map(({ pool }) => pool);
    const owner = ownerOf(job, candidates, pools);
    if (owner) owned.get(owner.key)?.push(job);
  }
  return owned;
}

function ownerOf(
  job: DemandedJob,
  candidates: ReservingPool[],
  pools: readonly ReservingPool[],
): ReservingPool | undefined {
  const { runnerName } = job;
  if (runnerName !== undefined) return pools.find(({ hasRunner }) => hasRunner(runnerName));
  const name = reservationName(job);
  return candidates.find(({ reserved }) => reserved.has(name)) ?? candidates[0];
}

/** Repository first, then default before custom groups, organization before enterprise in each. */
function rank({ scope, group }: Pool): number {
  if (scope.kind === 'repository') return 0;
  return (isDefaultGroup(group) ? 0 : 2) + (scope.kind === 'organization' ? 1 : 2);
}
