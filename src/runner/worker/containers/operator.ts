/** What the operator of a runner wants of containers. Small: every job asks. */
import type { JobState } from '../job-state.ts';

/** Path of the operator's script that makes containers in the place of Docker: runner-protocol 11.8. */
export const hookScript = ({ inherited }: JobState): string => inherited.ACTIONS_RUNNER_CONTAINER_HOOKS ?? '';

/** Whether the runner has such a script, and the server lets it be used. */
export const areHooked = (job: JobState): boolean =>
  hookScript(job) !== '' && job.variable('DistributedTask.AllowRunnerContainerHooks')?.toLowerCase() === 'true';

/** Everything that jobs bring is to run in containers (runner-protocol 11.7). */
export const areContainersRequired = ({ inherited }: JobState): boolean =>
  inherited.ACTIONS_RUNNER_REQUIRE_JOB_CONTAINER?.toLowerCase() === 'true';

/** Whether there is anything to plan. */
export const mayHaveContainers = (job: JobState): boolean =>
  areContainersRequired(job) || (job.message.jobContainer ?? job.message.jobServiceContainers ?? null) !== null;
