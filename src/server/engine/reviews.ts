/** What people answer for environments whose rules keep jobs of a run waiting (SEM-12.3). */
import { notFound, UserError } from '../../common/errors.ts';
import { insertReview } from '../../store/deployments.ts';
import { type EnvironmentRow, environmentKey, reviewersOf } from '../../store/environments.ts';
import { addReason, type JobRow, moveJob } from '../../store/jobs.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import { same } from '../../workflow/routing.ts';
import { failTogether } from './job-end.ts';
import { type PendingEnvironment, pendingEnvironments } from './pending-deployments.ts';
import type { Unit } from './unit.ts';

export interface Review {
  runId: number;
  /** Names, or ids. */
  environments: (string | number)[];
  state: 'approved' | 'rejected';
  comment: string;
  reviewer: Reviewer;
}

export interface Reviewer {
  name: string;
  isAdmin: boolean;
}

/**
 * Answers for every job of the run that waits for the environments now; those that come later are asked for anew.
 * @returns the jobs that were waiting
 * @throws UserError 404 without the run; 422 when no job of it waits for one of the environments; 403 for somebody who
 * may not answer for all of them: then nothing is changed
 */
export async function reviewDeployments(unit: Unit, review: Review): Promise<JobRow[]> {
  const run = await findRun(unit.db, review.runId);
  if (!run) throw notFound(`Run ${review.runId}`);
  const all = await pendingEnvironments(unit.db, run, unit.now);
  const chosen = review.environments.map((wanted) => ({ wanted, pending: all.find((one) => isNamed(one, wanted)) }));
  const jobs: JobRow[] = [];
  for (const { wanted, pending } of chosen) {
    if (!pending) throw notPending(run, wanted);
    jobs.push(...(await answer(unit, run, pending, review)));
  }
  unit.changed('run', run.id);
  return jobs;
}

const isNamed = ({ environment }: PendingEnvironment, wanted: string | number): boolean =>
  typeof wanted === 'number' ? environment.id === wanted : environment.key === environmentKey(wanted);

const notPending = ({ id }: RunRow, wanted: string | number): UserError =>
  new UserError('no-pending-deployment', `No job of run ${id} waits for the environment ${wanted}.`);

async function answer(unit: Unit, run: RunRow, pending: PendingEnvironment, review: Review): Promise<JobRow[]> {
  const { environment, jobs } = pending;
  const { state, comment, reviewer } = review;
  const right = rightOf(environment, run, reviewer);
  if (!right) throw notAllowed(environment, run, reviewer.name);
  await insertReview(unit.db, {
    run_id: run.id,
    attempt: run.attempt,
    environment_id: environment.id,
    state,
    comment,
    reviewer: reviewer.name,
    created_at: unit.at,
  });
  const why = describeAnswer(environment.name, state === 'rejected' ? state : right, review);
  if (state === 'rejected') await failTogether(unit, jobs, why);
  else for (const job of jobs) await pass(unit, job, right, why);
  return jobs;
}

function describeAnswer(
  environment: string,
  answer: 'rejected' | 'approved' | 'bypassed',
  { comment, reviewer }: Review,
): string {
  const said = comment.trim() === '' ? '.' : `: ${comment.trim()}`;
  switch (answer) {
    case 'rejected':
      return `Rejected for ${environment} by ${reviewer.name}${said}`;
    case 'approved':
      return `Approved for ${environment} by ${reviewer.name}${said}`;
    case 'bypassed':
      return `${reviewer.name} let it pass the rules of ${environment}${said}`;
  }
}

async function pass(unit: Unit, job: JobRow, review: 'approved' | 'bypassed', why: string): Promise<void> {
  await moveJob(unit.db, job.id, ['waiting'], { review });
  await addReason(unit.db, job.id, why, unit.at);
  unit.follow({ kind: 'pass-gates', jobId: job.id });
}

/**
 * As what somebody may answer: as one of the reviewers, or as an administrator who lets jobs pass all rules, also the
 * wait timer, where the environment allows that.
 * @returns undefined for somebody who may not
 */
export function rightOf(
  environment: EnvironmentRow,
  run: Pick<RunRow, 'triggering_actor'>,
  { name, isAdmin }: Reviewer,
): 'approved' | 'bypassed' | undefined {
  if (isReviewer(environment, name) && !isOwnRun(environment, run, name)) return 'approved';
  return isAdmin && environment.admin_bypass === 1 ? 'bypassed' : undefined;
}

function notAllowed(environment: EnvironmentRow, run: RunRow, name: string): UserError {
  const reviewers = reviewersOf(environment);
  const sentence =
    reviewers.length === 0
      ? `${environment.name} asks no reviewers; its wait timer has to run out.`
      : isReviewer(environment, name) && isOwnRun(environment, run, name)
        ? `${name} started this run, and nobody reviews their own run for ${environment.name}.`
        : `Only ${reviewers.join(' or ')} may review what is deployed to ${environment.name}.`;
  return new UserError('not-a-reviewer', sentence, { status: 403 });
}

const isReviewer = (environment: EnvironmentRow, name: string): boolean =>
  reviewersOf(environment).some((reviewer) => same(reviewer, name));

const isOwnRun = (environment: EnvironmentRow, run: Pick<RunRow, 'triggering_actor'>, name: string): boolean =>
  environment.prevent_self_review === 1 && same(run.triggering_actor, name);
