import type { AutoscalerSpec, Metric } from '../resources/autoscaler-spec.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';

/** The metric of the seed users' pools, whose numbers fleet-semantics 3.4 and 3.11 work out. */
export const SEED_METRIC: Metric = {
  type: 'PercentageRunnersBusy',
  scaleUpThreshold: '0.75',
  scaleDownThreshold: '0.25',
  scaleUpFactor: '2',
  scaleDownFactor: '0.5',
};

/** The policy of the seed users' pools (fleet-semantics 3.11), with a smaller minimum at the weekend of Tokyo. */
export const SEED_POLICY: AutoscalerSpec = {
  scaleTargetRef: { kind: 'RunnerDeployment', name: 'pool' },
  minReplicas: 2,
  maxReplicas: 16,
  scaleDownDelaySecondsAfterScaleOut: 300,
  metrics: [SEED_METRIC],
  scheduledOverrides: [
    {
      startTime: '2023-07-15T00:00:00+09:00',
      endTime: '2023-07-17T00:00:00+09:00',
      minReplicas: 1,
      recurrenceRule: { frequency: 'Weekly' },
    },
  ],
};

/** The runners that the policy is for. */
export const SEED_RUNNERS: RunnerSpec = {
  enterprise: 'all',
  labels: ['t3a.large'],
  resources: { limits: { cpu: '2', memory: '4Gi' } },
};
