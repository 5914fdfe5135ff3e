/** Concurrency groups (SEM-8). Claims are rows, so that a restart loses none (SEM-8.10). */
import { type ClaimRow, claimsOfRun, claimsOn, deleteClaims, holdGroup, insertClaim } from '../../store/concurrency.ts';
import type { Queries } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import type { Concurrency } from '../../workflow/index.ts';
import type { Unit } from './unit.ts';

/** SEM-8.3 */
const LONGEST_QUEUE = 100;

export interface Claimant {
  run: Pick<RunRow, 'id' | 'repository_id'>;
  /** Null: the run as a whole. */
  job: JobRow | null;
  /** Ids of the jobs that call the workflow of `job`. */
  callers: number[];
}

export type GroupAnswer =
  | { state: 'holding' }
  /** Somebody else has the group; a follow-up tells when it is the claimant's. */
  | { state: 'pending'; why: string }
  /** The claimant can never have it. */
  | { state: 'refused'; why: string };

/**
 * Asks for a group. A newcomer cancels whom it displaces (SEM-8.2 to 8.4); who asks again gets the answer that holds
 * by now.
 */
export async function enterGroup(unit: Unit, claimant: Claimant, wanted: Concurrency): Promise<GroupAnswer> {
  const claims = await claimsOn(unit.db, claimant.run.repository_id, wanted.group);
  const holder = claims.find(({ state }) => state === 'holding');
  const own = claims.find(({ run_id, job_id }) => run_id === claimant.run.id && job_id === (claimant.job?.id ?? null));
  if (own?.state === 'holding') return { state: 'holding' };
  if (own && holder) return { state: 'pending', why: await describeHolder(unit.db, wanted.group, holder) };
  if (!holder) {
    await claim(unit, claimant, wanted.group, 'holding');
    return { state: 'holding' };
  }
  if (isOwn(claimant, holder)) {
    const why = `Cancelled: it would wait for the concurrency group "${wanted.group}" that its own run or caller holds.`;
    return { state: 'refused', why };
  }
  const pending = claims.filter(({ state }) => state === 'pending');
  if (wanted.queue === 'max' && pending.length >= LONGEST_QUEUE) {
    const why = `Cancelled: ${LONGEST_QUEUE} others already wait for the concurrency group "${wanted.group}".`;
    return { state: 'refused', why };
  }
  const newcomer = `a newer ${claimant.job ? 'job' : 'run'} (${claimName(claimant)})`;
  if (wanted.queue === 'single') {
    const why = `Cancelled: ${newcomer} asks for the concurrency group "${wanted.group}", in which only one may wait.`;
    for (const other of pending) cancel(unit, other, why);
  }
  if (wanted.cancelInProgress) {
    cancel(unit, holder, `Cancelled: ${newcomer} of the concurrency group "${wanted.group}" takes its place.`);
  }
  await claim(unit, claimant, wanted.group, 'pending');
  return { state: 'pending', why: await describeHolder(unit.db, wanted.group, holder) };
}

/** The run or job has completed: the one that has waited longest gets its groups. */
export async function leaveGroup(unit: Unit, runId: number, jobId: number | null): Promise<void> {
  for (const left of await deleteClaims(unit.db, runId, jobId)) {
    if (left.state !== 'holding') continue;
    const [next] = await claimsOn(unit.db, left.repository_id, left.group_key);
    if (!next) continue;
    await holdGroup(unit.db, next.id);
    unit.follow(
      next.job_id === null ? { kind: 'start-run', runId: next.run_id } : { kind: 'pass-gates', jobId: next.job_id },
    );
  }
}

/** A run's jobs cannot wait for their own run, nor called jobs for their caller. */
function isOwn({ run, callers }: Claimant, holder: ClaimRow): boolean {
  if (holder.run_id !== run.id) return false;
  return holder.job_id === null || callers.includes(holder.job_id);
}

const claimName = ({ run, job }: Claimant): string => (job ? `${job.id} of run ${run.id}` : `${run.id}`);

function cancel(unit: Unit, { run_id: runId, job_id: jobId }: ClaimRow, why: string): void {
  unit.follow(jobId === null ? { kind: 'cancel-run', runId, why } : { kind: 'cancel-job', jobId, why });
}

async function claim(unit: Unit, { run, job }: Claimant, group: string, state: ClaimRow['state']): Promise<void> {
  await insertClaim(unit.db, {
    repository_id: run.repository_id,
    group_key: group.toLowerCase(),
    group_name: group,
    run_id: run.id,
    job_id: job?.id ?? null,
    state,
    created_at: unit.at,
  });
}

/** Why a `pending` run waits; null when it does not. */
export async function whyPending(db: Queries, run: Pick<RunRow, 'id' | 'repository_id'>): Promise<string | null> {
  const own = (await claimsOfRun(db, run.id)).find(({ job_id, state }) => job_id === null && state === 'pending');
  if (!own) return null;
  const [holder] = await claimsOn(db, run.repository_id, own.group_name);
  return holder ? describeHolder(db, own.group_name, holder) : null;
}

/** By the id of the run, which the page makes a link of and commands take; run numbers count per workflow, groups do not. */
async function describeHolder(db: Queries, group: string, holder: ClaimRow): Promise<string> {
  const run = await findRun(db, holder.run_id);
  const what = holder.job_id === null ? '' : `a job of `;
  return `Waits for the concurrency group "${group}", which ${what}run ${holder.run_id} (${run?.title ?? ''}) holds.`;
}
