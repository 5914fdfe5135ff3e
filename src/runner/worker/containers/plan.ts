/** Which containers a job has, and who makes them. */
import { UserError } from '../../../common/errors.ts';
import type { JobState } from '../job-state.ts';
import type { StepOutput } from '../step-output.ts';
import { readJobContainer, readServices } from './container-spec.ts';
import { JobContainers } from './job-containers.ts';
import { areContainersRequired, areHooked } from './operator.ts';

/** The container and the services of a job. */
export interface Containers {
  /** "Initialize containers". What was started before it failed is left to `stop`. */
  start(output: StepOutput, signal: AbortSignal): Promise<void>;
  /** "Stop containers". @returns false when something is left behind */
  stop(output: StepOutput): Promise<boolean>;
  /** Without a word, for a job that is stopped at once. @returns sentences about what could not be removed */
  remove(): Promise<string[]>;
}

/**
 * Evaluates what the job asks for; undefined when that is no container at all.
 * @throws UserError, ExpressionError
 */
export async function planContainers(job: JobState): Promise<Containers | undefined> {
  const container = readJobContainer(job.message.jobContainer, job.scope());
  const services = readServices(job.message.jobServiceContainers, job.scope());
  if (!container && areContainersRequired(job)) {
    throw new UserError('no-job-container', 'This runner only takes jobs that have a container of their own.', {
      hint: "Give the job a 'container', or ask who runs the runner: ACTIONS_RUNNER_REQUIRE_JOB_CONTAINER is set there.",
    });
  }
  if (!container && !services.some((service) => service.container)) return undefined;
  if (!areHooked(job)) return await JobContainers.plan(job, container, services);
  const { HookedContainers } = await import('./hooked-containers.ts');
  return new HookedContainers(job, container, services);
}
