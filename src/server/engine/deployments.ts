/** The deployment that a job with an environment makes; its states follow the job's (SEM-12.1, 12.5). */
import {
  addDeploymentStatus,
  type DeploymentRow,
  deploymentOfJob,
  insertDeployment,
  retireOlder,
} from '../../store/deployments.ts';
import type { EnvironmentRow } from '../../store/environments.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { JobEnvironment } from '../../workflow/index.ts';
import type { RunBundle } from './run-bundle.ts';
import type { Unit } from './unit.ts';

/** The job stands before the rules of its environment, or has passed them: its deployment is made when it is new. */
export async function startDeployment(
  unit: Unit,
  { run }: RunBundle,
  job: JobRow,
  environment: EnvironmentRow,
  state: 'waiting' | 'queued',
): Promise<void> {
  const { deployment: isRecorded } = JSON.parse(job.environment) as JobEnvironment;
  if (!isRecorded) return;
  const known = await deploymentOfJob(unit.db, job.id);
  const deployment =
    known ??
    (await insertDeployment(unit.db, {
      repository_id: job.repository_id,
      environment: environment.name,
      original_environment: environment.name,
      state: '',
      run_id: run.id,
      job_id: job.id,
      ref: run.ref.replace(/^refs\/(?:heads|tags)\//, ''),
      sha: run.sha,
      task: 'deploy',
      payload: '{}',
      description: '',
      transient: 0,
      production: environment.key === 'production' ? 1 : 0,
      creator: run.triggering_actor,
      created_at: unit.at,
      updated_at: unit.at,
    }));
  if (deployment.state !== state) await changeState(unit, deployment, { state });
}

/** The job has been taken by a runner. */
export async function continueDeployment(unit: Unit, job: JobRow): Promise<void> {
  const deployment = await deploymentOfJob(unit.db, job.id);
  if (deployment) await changeState(unit, deployment, { state: 'in_progress' });
}

/** The job has ended. */
export async function endDeployment(unit: Unit, job: JobRow): Promise<void> {
  const deployment = await deploymentOfJob(unit.db, job.id);
  if (!deployment) return;
  const state = STATES[job.conclusion ?? ''] ?? 'error';
  await changeState(unit, deployment, { state, environment_url: job.environment_url ?? '' });
}

const STATES: Record<string, string> = { success: 'success', failure: 'failure' };

async function changeState(
  unit: Unit,
  deployment: DeploymentRow,
  status: { state: string; environment_url?: string },
): Promise<void> {
  const facts = { description: '', environment_url: '', log_url: '', creator: deployment.creator };
  const row = { ...facts, ...status, deployment_id: deployment.id, created_at: unit.at };
  const added = await addDeploymentStatus(unit.db, row);
  unit.tell({ kind: 'deployment', deployment, status: added });
  if (status.state === 'success') await retireOlder(unit.db, deployment, deployment.creator, unit.at);
}
