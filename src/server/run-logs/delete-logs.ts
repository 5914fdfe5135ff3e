import { allJobsOfRun } from '../../store/jobs.ts';
import { forgetLogs, stepsOfJobs } from '../../store/steps.ts';
import type { ServerContext } from '../context.ts';
import { diagLogName, jobLogName, stepLogName, stepSummaryName } from '../runner-service/log-names.ts';

/** Of every attempt of a run. */
export async function deleteLogs({ db, blobs }: Pick<ServerContext, 'db' | 'blobs'>, runId: number): Promise<void> {
  const jobs = await allJobsOfRun(db, runId);
  const steps = await stepsOfJobs(
    db,
    jobs.map(({ id }) => id),
  );
  const names = [
    ...jobs.flatMap(({ id }) => [jobLogName(id), diagLogName(id)]),
    ...steps.flatMap(({ job_id, external_id }) => [
      stepLogName(job_id, external_id),
      stepSummaryName(job_id, external_id),
    ]),
  ];
  for (const name of names) await blobs.delete(name);
  await forgetLogs(
    db,
    jobs.map(({ id }) => id),
  );
}
