/** What a scrape finds, as a pure function of what is known. Names: fleet-semantics 9.1 and 9.3, so ARC's dashboards work. */
import type { RateBudget } from '../../github/index.ts';
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import { scopeName } from '../../protocol/github/runner-scope.ts';
import { countOf, type PoolFacts } from '../explain/explain-pool.ts';

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface PoolSnapshot {
  facts: PoolFacts;
  /** `spec.replicas` of a RunnerDeployment, when it is set. */
  specReplicas?: number;
  /** Of a scale set, by the phases of its runners. */
  phases?: { pending: number; running: number; failed: number };
  /** Of a scale set: jobs that the service has assigned to it. */
  assignedJobs?: number;
}

export interface FleetSnapshot {
  pools: readonly PoolSnapshot[];
  budget: RateBudget | undefined;
  /** Instances at the backends that no resource describes. */
  unowned: number;
  /** Of the fleet's own process. */
  process: { rssBytes: number; cpuSeconds: number };
}

interface GaugeSource {
  help: string;
  samples: (snapshot: FleetSnapshot) => Sample[];
}
type Labels = Record<string, string>;

/** For gauges of all pools to which `labelsOf` gives labels, as far as they have a value. */
const gaugesOf =
  (labelsOf: (facts: PoolFacts) => Labels | undefined) =>
  (help: string, numberOf: (pool: PoolSnapshot) => number | undefined): GaugeSource => ({
    help,
    samples: ({ pools }) =>
      pools.flatMap((pool) => {
        const labels = labelsOf(pool.facts);
        const value = labels && numberOf(pool);
        return labels && value !== undefined ? [{ labels, value }] : [];
      }),
  });

const ofDeployment = gaugesOf(({ kind, name, namespace }) =>
  kind === 'RunnerDeployment' ? { runnerdeployment: name, namespace } : undefined,
);
const ofScaleSet = gaugesOf(({ kind, name, namespace, scope }) =>
  kind === 'AutoscalingRunnerSet' ? { name, namespace, ...scopeLabels(scope) } : undefined,
);
const autoscalerLabels = ({ autoscaler, namespace }: PoolFacts): Labels | undefined =>
  autoscaler && { horizontalrunnerautoscaler: autoscaler.metadata.name, namespace };
const ofAutoscaler = gaugesOf(autoscalerLabels);
const ofTarget = gaugesOf((facts) => {
  const labels = autoscalerLabels(facts);
  return labels && { ...labels, ...scopeLabels(facts.scope), kind: facts.kind.toLowerCase(), name: facts.name };
});
const poolLabels = ({ namespace, name }: PoolFacts): Labels => ({ namespace, pool: name });
const ofPool = gaugesOf(poolLabels);

/** Every gauge with what it says; a gauge without samples is shown empty. */
export const GAUGES: Record<string, GaugeSource> = {
  runnerdeployment_spec_replicas: ofDeployment(
    'Replicas that the RunnerDeployment asks for.',
    ({ specReplicas }) => specReplicas,
  ),
  horizontalrunnerautoscaler_spec_min_replicas: ofAutoscaler(
    'minReplicas of the HorizontalRunnerAutoscaler.',
    ({ facts: { autoscaler } }) => autoscaler?.spec.minReplicas,
  ),
  horizontalrunnerautoscaler_spec_max_replicas: ofAutoscaler(
    'maxReplicas of the HorizontalRunnerAutoscaler.',
    ({ facts: { autoscaler } }) => autoscaler?.spec.maxReplicas,
  ),
  horizontalrunnerautoscaler_status_desired_replicas: ofAutoscaler(
    'desiredReplicas that the HorizontalRunnerAutoscaler has come to.',
    ({ facts: { autoscaler } }) => autoscaler?.status?.desiredReplicas,
  ),
  horizontalrunnerautoscaler_replicas_desired: ofTarget(
    'Replicas that the metric suggests.',
    ({ facts: { autoscaler } }) =>
      autoscaler?.status?.round ? autoscaler.status.round.suggestion : autoscaler?.status?.desiredReplicas,
  ),
  horizontalrunnerautoscaler_runners: ofTarget('Runners of the target.', ({ facts: { runners } }) => runners.length),
  horizontalrunnerautoscaler_runners_registered: ofTarget(
    'Runners of the target that the server has seen online.',
    ({ facts: { runners } }) => runners.filter(({ state }) => state === 'idle' || state === 'busy').length,
  ),
  horizontalrunnerautoscaler_runners_busy: ofTarget('Runners of the target that have a job.', ({ facts }) =>
    countOf(facts, 'busy'),
  ),
  horizontalrunnerautoscaler_terminating_busy: ofTarget(
    'Runners of the target that end as soon as their job does.',
    ({ facts }) => countOf(facts, 'leaving'),
  ),
  horizontalrunnerautoscaler_necessary_replicas: ofTarget(
    'Jobs that runners of the target could take, queued or in progress.',
    ({ facts: { jobs } }) => jobs.length,
  ),
  horizontalrunnerautoscaler_workflow_runs_queued: ofTarget('Queued jobs for the target.', jobsIn('queued')),
  horizontalrunnerautoscaler_workflow_runs_in_progress: ofTarget(
    'Jobs in progress for the target.',
    jobsIn('in_progress'),
  ),
  gha_controller_pending_ephemeral_runners: ofScaleSet('Ephemeral runners that wait.', ({ phases }) => phases?.pending),
  gha_controller_running_ephemeral_runners: ofScaleSet(
    'Ephemeral runners that have a job.',
    ({ phases }) => phases?.running,
  ),
  gha_controller_failed_ephemeral_runners: ofScaleSet('Ephemeral runners that failed.', ({ phases }) => phases?.failed),
  gha_controller_running_listeners: ofScaleSet('Whether the set has a listener.', ({ facts }) =>
    facts.isListening ? 1 : 0,
  ),
  gha_assigned_jobs: ofScaleSet('Jobs assigned to the scale set.', ({ assignedJobs }) => assignedJobs),
  gha_running_jobs: ofScaleSet('Jobs that runners of the scale set have.', ({ phases }) => phases?.running),
  gha_registered_runners: ofScaleSet('Runners of the scale set.', ({ facts }) => facts.runners.length),
  gha_busy_runners: ofScaleSet('Runners of the scale set with a job.', ({ facts }) => countOf(facts, 'busy')),
  gha_idle_runners: ofScaleSet('Runners of the scale set without a job.', ({ facts }) => countOf(facts, 'idle')),
  gha_min_runners: ofScaleSet('minRunners of the scale set.', ({ facts }) => facts.min),
  gha_max_runners: ofScaleSet('maxRunners of the scale set.', ({ facts }) => facts.max),
  gha_desired_runners: ofScaleSet('Runners that the scale set wants.', ({ facts }) => facts.desired),
  github_rate_limit: { help: 'Calls that the GitHub allows in an hour.', samples: budget(({ limit }) => limit) },
  github_rate_limit_remaining: { help: 'Calls that are left.', samples: budget(({ remaining }) => remaining) },
  switchyard_pool_desired: ofPool('Runners that a pool is to have.', ({ facts }) => facts.desired),
  switchyard_pool_runners: {
    help: 'Runners of a pool by state.',
    samples: ({ pools }) =>
      pools.flatMap(({ facts }) =>
        (['idle', 'busy', 'starting', 'leaving'] as const).map((state) => ({
          labels: { ...poolLabels(facts), state },
          value: countOf(facts, state),
        })),
      ),
  },
  switchyard_pool_queued_jobs: ofPool('Queued jobs that runners of a pool could take.', ({ facts }) => facts.queued),
  switchyard_pool_reason: {
    help: 'Why a pool has the size it has: 1 for each reason that holds now.',
    samples: ({ pools }) =>
      pools.flatMap(({ facts }) =>
        reasonCodes(facts).map((code) => ({ labels: { ...poolLabels(facts), code }, value: 1 })),
      ),
  },
  process_resident_memory_bytes: {
    help: "Memory of the fleet's process.",
    samples: ({ process: { rssBytes } }) => [{ labels: {}, value: rssBytes }],
  },
  process_cpu_seconds_total: {
    help: "Time that the fleet's process has computed.",
    samples: ({ process: { cpuSeconds } }) => [{ labels: {}, value: cpuSeconds }],
  },
  switchyard_fleet_unowned_instances: {
    help: 'Instances at the backends that no resource describes: each is a leak.',
    samples: ({ unowned }) => [{ labels: {}, value: unowned }],
  },
};

const reasonCodes = ({ autoscaler, ownReasons = [] }: PoolFacts): string[] => [
  ...new Set([...(autoscaler?.status?.reasons ?? []), ...ownReasons].map(({ code }) => code)),
];

function jobsIn(status: PoolFacts['jobs'][number]['status']): (pool: PoolSnapshot) => number {
  return ({ facts: { jobs } }) => jobs.filter((job) => job.status === status).length;
}

/** The three labels by which ARC says where runners are registered; those that do not apply are empty. */
export function scopeLabels(scope: RunnerScope | undefined) {
  const name = scope ? scopeName(scope) : '';
  return {
    enterprise: scope?.kind === 'enterprise' ? name : '',
    organization: scope?.kind === 'organization' ? name : scope?.kind === 'repository' ? scope.owner : '',
    repository: scope?.kind === 'repository' ? scope.name : '',
  };
}

function budget(numberOf: (known: RateBudget) => number) {
  return ({ budget: known }: FleetSnapshot): Sample[] => (known ? [{ labels: {}, value: numberOf(known) }] : []);
}
