import {
  deleteEnvironment,
  type EnvironmentChange,
  type EnvironmentRow,
  putEnvironment,
} from '../../store/environments.ts';
import { type JobRow, jobsInPhases } from '../../store/jobs.ts';
import { failTogether } from './job-end.ts';
import { isIn } from './pending-deployments.ts';
import { type Review, reviewDeployments } from './reviews.ts';
import type { InUnit, Unit } from './unit.ts';

/** What people do with environments; the jobs that wait for one are told in the same transaction (SEM-12.3). */
export class Environments {
  readonly #inUnit: InUnit;

  constructor(inUnit: InUnit) {
    this.#inUnit = inUnit;
  }

  /** Makes or changes an environment. Its new rules hold for jobs that wait already, too. */
  put(change: EnvironmentChange): Promise<EnvironmentRow> {
    return this.#inUnit(async (unit) => {
      const environment = await putEnvironment(unit.db, change, unit.now);
      for (const { id } of await waitingFor(unit, environment)) unit.follow({ kind: 'pass-gates', jobId: id });
      return environment;
    });
  }

  /** As on GitHub, jobs that wait for it fail: without its rules nothing would hold them back. */
  remove(environment: EnvironmentRow): Promise<void> {
    const why = `The environment ${environment.name} was deleted while the job waited for its rules.`;
    return this.#inUnit(async (unit) => {
      await failTogether(unit, await waitingFor(unit, environment), why);
      await deleteEnvironment(unit.db, environment.id);
    });
  }

  /** @returns the jobs that were waiting. @throws UserError 404, 422 or 403; see `reviewDeployments` */
  review(review: Review): Promise<JobRow[]> {
    return this.#inUnit((unit) => reviewDeployments(unit, review));
  }
}

async function waitingFor(unit: Unit, environment: EnvironmentRow): Promise<JobRow[]> {
  const waiting = await jobsInPhases(unit.db, ['waiting']);
  return waiting.filter((job) => job.repository_id === environment.repository_id && isIn(job, environment));
}
