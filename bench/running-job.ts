import { call, connectionOf, SimulatedRunner } from '../test/support/simulated-runner.ts';
import type { Installation } from './installation.ts';

const ARTIFACTS = '/twirp/github.actions.results.api.v1.ArtifactService';

/** A job that runs for as long as the bench needs it, as its runner sees it. */
export interface RunningJob {
  /** Calls a service of runs and jobs with the job's token. @throws Error unless it answers with 200 */
  ask(path: string, body: object): Promise<Record<string, unknown>>;
  askArtifacts(method: string, body: object): Promise<Record<string, unknown>>;
}

/** Pushes a workflow of one job, which the push starts, and takes the job. */
export async function startJob(installation: Installation, repository: string): Promise<RunningJob> {
  const { encoded_jit_config: config } = await installation.rest<{ encoded_jit_config: string }>(
    'POST',
    '/api/v3/enterprises/switchyard/actions/runners/generate-jitconfig',
    { name: 'bench', runner_group_id: 1, labels: ['self-hosted'] },
  );
  const runner = new SimulatedRunner(config);
  await runner.connect();
  const workflow = "on: [push, workflow_dispatch]\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n";
  await installation.push(repository, { '.github/workflows/a.yml': workflow });
  const { body: message } = await runner.acquire(await runner.waitForJob());
  const { token } = connectionOf(message);
  const ids = { workflow_run_backend_id: message.plan.planId, workflow_job_run_backend_id: message.jobId };
  const ask: RunningJob['ask'] = async (path, body) => {
    // What is between two calls may take longer than the lease.
    await runner.renew(message);
    const json = { ...ids, ...body };
    const answer = await call<Record<string, unknown>>('POST', `${installation.url}${path}`, { token, json });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return { ask, askArtifacts: (method, body) => ask(`${ARTIFACTS}/${method}`, body) };
}
