/** Protection rules of environments (SEM-12.3). */
import { isoTime } from '../../common/clock.ts';
import type { Queries } from '../../store/database.ts';
import { branchPolicies, type EnvironmentRow, reviewersOf } from '../../store/environments.ts';
import type { JobRow } from '../../store/jobs.ts';
import { matchesRefPattern } from '../../workflow/index.ts';
import type { RunBundle } from './run-bundle.ts';
import type { Unit } from './unit.ts';

export type EnvironmentAnswer =
  | { state: 'open' }
  /** @property until when to ask again at the latest, or when all patience ends */
  | { state: 'waiting'; until: string; why: string }
  | { state: 'refused'; why: string };

/** SEM-30: how long reviewers have to answer. */
const PATIENCE_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Whether the rules of its environment let a job go on now. */
export async function askEnvironment(
  unit: Unit,
  bundle: RunBundle,
  job: JobRow,
  environment: EnvironmentRow,
): Promise<EnvironmentAnswer> {
  if (job.review === 'bypassed') return { state: 'open' };
  if (!(await mayDeploy(unit.db, bundle, environment))) {
    return { state: 'refused', why: notAllowed(bundle.run.ref, environment) };
  }
  const { reviewers, timerUntilMs } = openRules(environment, job, unit.now);
  if (reviewers.length === 0 && timerUntilMs === null) return { state: 'open' };
  const patienceUntilMs = reviewers.length > 0 ? sinceMs(job, unit.now) + PATIENCE_DAYS * DAY_MS : Infinity;
  if (unit.now >= patienceUntilMs) {
    const why = `Nobody has answered for the environment ${environment.name} in ${PATIENCE_DAYS} days.`;
    return { state: 'refused', why };
  }
  const until = isoTime(Math.min(timerUntilMs ?? Infinity, patienceUntilMs));
  return { state: 'waiting', until, why: describeWait(environment.name, reviewers, timerUntilMs) };
}

export interface OpenRules {
  /** User names, one of whom has to approve; none when nobody is asked, or one has. */
  reviewers: string[];
  /** Null when there is no wait timer, or it has run out. */
  timerUntilMs: number | null;
}

/** The rules that still hold a job back. */
export function openRules(environment: EnvironmentRow, job: JobRow, nowMs: number): OpenRules {
  const timerUntilMs = sinceMs(job, nowMs) + environment.wait_minutes * 60_000;
  return {
    reviewers: job.review === null ? reviewersOf(environment) : [],
    timerUntilMs: timerUntilMs > nowMs ? timerUntilMs : null,
  };
}

/** When the job came before the rules; now, if it has just come. */
const sinceMs = ({ waiting_since: since }: JobRow, nowMs: number): number =>
  since === null ? nowMs : Date.parse(since);

async function mayDeploy(db: Queries, { run, repository }: RunBundle, environment: EnvironmentRow): Promise<boolean> {
  const { type, name } = placeOf(run.ref);
  switch (environment.branch_policy) {
    case null:
      return true;
    case 'protected':
      // No branch has rules of its own here; the default one stands for all that is protected.
      return type === 'branch' && name === repository.default_branch;
    case 'custom': {
      const policies = await branchPolicies(db, environment.id);
      return policies.some((policy) => policy.type === type && matchesRefPattern(policy.name, name));
    }
  }
}

/** Of a pull request the whole ref counts as a branch: `refs/pull/*\/merge` lets those in. */
function placeOf(ref: string): { type: 'branch' | 'tag'; name: string } {
  if (ref.startsWith('refs/tags/')) return { type: 'tag', name: ref.slice('refs/tags/'.length) };
  return { type: 'branch', name: ref.replace(/^refs\/heads\//, '') };
}

/** GitHub's words. */
function notAllowed(ref: string, environment: EnvironmentRow): string {
  const { type, name } = placeOf(ref);
  const what = type === 'tag' ? 'Tag' : 'Branch';
  return `${what} "${name}" is not allowed to deploy to ${environment.name} due to environment protection rules.`;
}

function describeWait(environment: string, reviewers: string[], timerUntilMs: number | null): string {
  const reasons = [
    ...(reviewers.length > 0 ? [`${reviewers.join(' or ')} has to approve it`] : []),
    ...(timerUntilMs === null ? [] : [`its wait timer runs until ${isoTime(timerUntilMs)}`]),
  ];
  return `Waits for the environment ${environment}: ${reasons.join(', and ')}.`;
}
