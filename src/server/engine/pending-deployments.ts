import type { Queries } from '../../store/database.ts';
import { type EnvironmentRow, environmentKey, listEnvironments } from '../../store/environments.ts';
import { type JobRow, jobsOfRun } from '../../store/jobs.ts';
import type { JobEnvironment } from '../../workflow/index.ts';
import { openRules } from './environment-rules.ts';

/** An environment of a run whose rules keep jobs waiting (SEM-12.3). */
export interface PendingEnvironment {
  environment: EnvironmentRow;
  /** In the order of the file. */
  jobs: JobRow[];
  /** User names, one of whom has to approve; none when nobody is asked, or one has. */
  reviewers: string[];
  /** When the last of the jobs may go on as far as the wait timer is asked; null when it holds none back. */
  timerUntilMs: number | null;
}

/** Of the newest attempt. */
export async function pendingEnvironments(
  db: Queries,
  run: { id: number; repository_id: number },
  nowMs: number,
): Promise<PendingEnvironment[]> {
  const waiting = (await jobsOfRun(db, run.id)).filter(({ phase }) => phase === 'waiting');
  if (waiting.length === 0) return [];
  const environments = await listEnvironments(db, run.repository_id);
  return environments.flatMap((environment) => {
    const jobs = waiting.filter((job) => isIn(job, environment));
    return jobs.length > 0 ? [pending(environment, jobs, nowMs)] : [];
  });
}

function pending(environment: EnvironmentRow, jobs: JobRow[], nowMs: number): PendingEnvironment {
  const rules = jobs.map((job) => openRules(environment, job, nowMs));
  const timers = rules.map(({ timerUntilMs }) => timerUntilMs ?? 0);
  return {
    environment,
    jobs,
    reviewers: [...new Set(rules.flatMap(({ reviewers }) => reviewers))],
    timerUntilMs: Math.max(...timers) || null,
  };
}

/** Whether a job names the environment. */
export const isIn = (job: JobRow, environment: Pick<EnvironmentRow, 'key'>): boolean => {
  const named = JSON.parse(job.environment) as JobEnvironment | null;
  return named !== null && environmentKey(named.name) === environment.key;
};
