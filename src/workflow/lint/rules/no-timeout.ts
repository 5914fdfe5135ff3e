import { isAbsent } from '../../tokens.ts';
import { demandsIn } from '../demands.ts';
import type { Rule } from '../finding.ts';
import { placeOfJob } from '../lint-file.ts';
import { asksForHosted } from '../repository.ts';

export const noTimeout: Rule = {
  id: 'no-timeout',
  severity: 'notice',
  optional: true,
  summary:
    'A job on a self-hosted runner has no `timeout-minutes`, so a job that hangs keeps its runner for six hours.',
  hint: 'Give it a timeout-minutes a little above the time that it needs.',
  check(file, repository) {
    const jobs = demandsIn(file, repository).flatMap(({ job, labels }) => (asksForHosted(labels) ? [] : [job.key]));
    return file.workflow.jobs
      .filter((job) => jobs.includes(job.key) && isAbsent(job.timeoutMinutes))
      .map((job) => ({ place: placeOfJob(job), message: `The job ${job.key} has no timeout-minutes.` }));
  },
};
