import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import type { JobFact } from '../demand/job-fact.ts';
import type { AutoscalingRunnerSet } from '../resources/autoscaling-runner-set.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { FleetMetrics } from './fleet-metrics.ts';
import { GAUGES } from './gauges.ts';

/** fleet-semantics 9.1 and 9.3, without those of controller-runtime and of what is never registered there. */
const OF_ARC = [
  'runnerdeployment_spec_replicas',
  'horizontalrunnerautoscaler_spec_min_replicas',
  'horizontalrunnerautoscaler_spec_max_replicas',
  'horizontalrunnerautoscaler_status_desired_replicas',
  'horizontalrunnerautoscaler_replicas_desired',
  'horizontalrunnerautoscaler_runners',
  'horizontalrunnerautoscaler_runners_registered',
  'horizontalrunnerautoscaler_runners_busy',
  'horizontalrunnerautoscaler_terminating_busy',
  'horizontalrunnerautoscaler_necessary_replicas',
  'horizontalrunnerautoscaler_workflow_runs_in_progress',
  'horizontalrunnerautoscaler_workflow_runs_queued',
  'github_rate_limit',
  'github_rate_limit_remaining',
  'gha_controller_pending_ephemeral_runners',
  'gha_controller_running_ephemeral_runners',
  'gha_controller_failed_ephemeral_runners',
  'gha_controller_running_listeners',
  'gha_assigned_jobs',
  'gha_running_jobs',
  'gha_registered_runners',
  'gha_busy_runners',
  'gha_idle_runners',
  'gha_min_runners',
  'gha_max_runners',
  'gha_desired_runners',
];

describe('the metrics of a fleet', () => {
  let fleet: FleetUnderTest;
  let metrics: FleetMetrics;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
    const { store, demand, backend } = fleet;
    const budget = () => ({ limit: 5_000, remaining: 4_321, resetAtMs: 0 });
    const live = () => fleet.controller.facts;
    metrics = new FleetMetrics({ store, demand, systemLabels: backend.systemLabels, live, budget });
  });
  afterEach(async () => {
    await metrics.close();
    await fleet.close();
  });

  async function scrape(): Promise<string[]> {
    const app = fastify();
    await app.register(metrics.routes);
    const { body, headers } = await app.inject('/metrics');
    await app.close();
    expect(headers['content-type']).toMatch(/^text\/plain/);
    return body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  it("has the names of ARC's (D-21)", () => {
    expect(OF_ARC.filter((name) => !Object.hasOwn(GAUGES, name))).toEqual([]);
  });

  it('tells how a pool stands, by the labels that ARC has', async () => {
    fleet.deploy('pool', 2, { organization: 'octo', labels: ['big'] });
    const metric = { type: 'PercentageRunnersBusy' } as const;
    fleet.scaleBy({ scaleTargetRef: { name: 'pool' }, minReplicas: 2, maxReplicas: 4, metrics: [metric] }, 'scaler');
    fleet.demand.queue(1, { labels: ['big'], repository: 'octo/app' });
    await fleet.controller.settled();
    const lines = await scrape();
    const target =
      'horizontalrunnerautoscaler="scaler",namespace="default",enterprise="",organization="octo",repository="",kind="runnerdeployment",name="pool"';
    expect(lines).toEqual(
      expect.arrayContaining([
        'runnerdeployment_spec_replicas{runnerdeployment="pool",namespace="default"} 2',
        'horizontalrunnerautoscaler_spec_max_replicas{horizontalrunnerautoscaler="scaler",namespace="default"} 4',
        `horizontalrunnerautoscaler_runners{${target}} 2`,
        `horizontalrunnerautoscaler_workflow_runs_queued{${target}} 1`,
        'switchyard_pool_runners{namespace="default",pool="pool",state="starting"} 2',
        'github_rate_limit_remaining 4321',
        'switchyard_fleet_unowned_instances 0',
      ]),
    );
    expect(lines.some((line) => line.startsWith('switchyard_pool_reason{namespace="default",pool="pool",code='))).toBe(
      true,
    );
  });

  it('measures from the queue to the start and to the end of a job', async () => {
    const fact = (status: JobFact['status'], second: number): JobFact => ({
      repository: 'octo/app',
      id: 1,
      attempt: 1,
      labels: ['self-hosted', 'big'],
      status,
      queuedAtMs: 0,
      changedAtMs: second * 1_000,
      ...(status === 'completed' ? { conclusion: 'success' } : {}),
    });
    const life = [fact('queued', 0), fact('in_progress', 7), fact('completed', 27)];
    for (const [index, one] of life.entries()) metrics.fact(one, life[index - 1]);
    const of =
      'runs_on="self-hosted,big",organization="octo",repository="app",repository_full_name="octo/app",owner="octo"';
    expect(await scrape()).toEqual(
      expect.arrayContaining([
        `github_workflow_jobs_queued_total{${of}} 1`,
        `github_workflow_job_queue_duration_seconds_sum{${of}} 7`,
        `github_workflow_job_run_duration_seconds_sum{${of},job_conclusion="success"} 20`,
        `github_workflow_job_conclusions_total{${of},job_conclusion="success"} 1`,
      ]),
    );
  });

  it('measures jobs of scale sets by what their messages say', async () => {
    const set = { spec: { githubConfigUrl: 'https://ghes.example/octo' } } as AutoscalingRunnerSet;
    const job = {
      messageType: 'JobCompleted',
      jobDisplayName: 'build',
      eventName: 'push',
      scaleSetAssignTime: '2026-01-01T00:00:00Z',
      runnerAssignTime: '2026-01-01T00:00:03Z',
      finishTime: '2026-01-01T00:01:03Z',
      result: 'succeeded',
    } as ScaleSetJob;
    metrics.setJob(set, { ...job, messageType: 'JobStarted' });
    metrics.setJob(set, job);
    const of = 'enterprise="",organization="octo",repository="",job_name="build",event_name="push"';
    expect(await scrape()).toEqual(
      expect.arrayContaining([
        `gha_started_jobs_total{${of}} 1`,
        `gha_job_startup_duration_seconds_sum{${of}} 3`,
        `gha_completed_jobs_total{${of},job_result="succeeded"} 1`,
        `gha_job_execution_duration_seconds_sum{${of},job_result="succeeded"} 60`,
      ]),
    );
  });
});
