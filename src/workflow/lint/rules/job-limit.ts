import { type Demand, demandsIn } from '../demands.ts';
import type { Found, Rule } from '../finding.ts';
import { placeOf } from '../lint-file.ts';
import { asksForHosted, type LintRepository } from '../repository.ts';
import { candidatesFor, listOf } from '../runner-kinds.ts';

/** SEM-28.7, 30: five days on a self-hosted runner, six hours on one that GitHub hosts. */
const SELF_HOSTED_MINUTES = 5 * 24 * 60;
const HOSTED_MINUTES = 6 * 60;
const DEFAULT_MINUTES = 360;

export const jobLimit: Rule = {
  id: 'job-limit',
  severity: 'error',
  summary: 'A job may take longer than its runner lets it, so the runner ends it first.',
  hint: 'Lower `timeout-minutes`, or run the job where it may take that long.',
  check(file, repository) {
    return demandsIn(file, repository).flatMap((demand) => [
      ...ofRunners(demand, repository),
      ...ofPlatform(demand, repository),
    ]);
  },
};

function ofRunners(demand: Demand, repository: LintRepository): Found[] {
  const minutes = demand.timeoutMinutes ?? DEFAULT_MINUTES;
  const stricter = (candidatesFor(demand, repository) ?? []).filter(
    ({ maxJobMinutes }) => maxJobMinutes !== null && maxJobMinutes < minutes,
  );
  const [first] = stricter;
  if (!first) return [];
  const names = listOf(stricter.map(({ name, maxJobMinutes }) => `${name} (${maxJobMinutes} minutes)`));
  const isWritten = demand.timeoutMinutes !== null;
  const given = isWritten ? `may take ${minutes} minutes` : `has no timeout-minutes, so it may take ${minutes} minutes`;
  const found = {
    place: placeFor(demand),
    message: `The job ${demand.job.key} ${given}, longer than ${names} lets it.`,
  };
  return [isWritten ? found : { ...found, severity: 'warning' }];
}

function ofPlatform(demand: Demand, { hasHostedRunners }: LintRepository): Found[] {
  const { labels, timeoutMinutes, job } = demand;
  const isHosted = hasHostedRunners && asksForHosted(labels);
  const limit = isHosted ? HOSTED_MINUTES : SELF_HOSTED_MINUTES;
  if (timeoutMinutes === null || timeoutMinutes <= limit) return [];
  const where = isHosted ? 'runners that GitHub hosts' : 'self-hosted runners';
  const message = `The job ${job.key} may take ${timeoutMinutes} minutes, but on ${where} a job is ended after ${limit}.`;
  return [{ place: placeFor(demand), message }];
}

const placeFor = ({ job, place, timeoutMinutes }: Demand) =>
  timeoutMinutes === null ? place : placeOf(job.timeoutMinutes);
