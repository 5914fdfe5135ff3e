/** The pools that a set of resources makes: what can be simulated of it. */
import { scopeOfUrl } from '../../protocol/github/urls.ts';
import { type CountingRules, countingRules } from '../autoscaling/counting-rules.ts';
import type { Pool } from '../autoscaling/pool-jobs.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import {
  type AutoscalingRunnerSet,
  maxRunnersOf,
  minRunnersOf,
  scaleSetNameOf,
} from '../resources/autoscaling-runner-set.ts';
import { type HorizontalRunnerAutoscaler, targetOf } from '../resources/horizontal-runner-autoscaler.ts';
import type { StoredObject } from '../resources/object.ts';
import { desiredReplicas } from '../resources/replicated-spec.ts';
import type { RunnerDeployment } from '../resources/runner-deployment.ts';
import { isEphemeral, scopeOf } from '../resources/runner-spec.ts';

export type Policy =
  | { kind: 'fixed' }
  | { kind: 'autoscaler'; spec: AutoscalerSpec; rules?: CountingRules }
  | { kind: 'scale-set'; minRunners: number; maxRunners: number };

export interface SimulatedPool {
  /** Of the resource, such as `linux`. */
  name: string;
  pool: Pool;
  /** Of the pool's labels those that it is given itself. */
  ownLabels?: readonly string[];
  isEphemeral: boolean;
  /** What it begins with. */
  replicas: number;
  policy: Policy;
}

/**
 * @param systemLabels labels that every runner of the backend has besides its own
 * @returns one pool for each RunnerDeployment and AutoscalingRunnerSet
 */
export function poolsOf(objects: readonly StoredObject[], systemLabels: readonly string[]): SimulatedPool[] {
  const autoscalers = objects.filter(({ kind }) => kind === 'HorizontalRunnerAutoscaler');
  return objects.flatMap((object): SimulatedPool[] => {
    if (object.kind === 'AutoscalingRunnerSet') return [scaleSetPool(object as AutoscalingRunnerSet)];
    if (object.kind !== 'RunnerDeployment') return [];
    const autoscaler = (autoscalers as HorizontalRunnerAutoscaler[]).find(({ spec }) => isTarget(spec, object));
    return [deploymentPool(object as RunnerDeployment, autoscaler, systemLabels)];
  });
}

function isTarget(spec: AutoscalerSpec, { kind, metadata }: StoredObject): boolean {
  const target = targetOf(spec);
  return target.kind === kind && target.name === metadata.name;
}

function deploymentPool(
  { metadata, spec }: RunnerDeployment,
  autoscaler: HorizontalRunnerAutoscaler | undefined,
  systemLabels: readonly string[],
): SimulatedPool {
  const runner = spec.template.spec;
  return {
    name: metadata.name,
    pool: { scope: scopeOf(runner), group: runner.group, labels: [...systemLabels, ...(runner.labels ?? [])] },
    ownLabels: runner.labels,
    isEphemeral: isEphemeral(runner),
    replicas: autoscaler ? (autoscaler.spec.minReplicas ?? 1) : desiredReplicas(spec),
    policy: autoscaler ? policyOf(autoscaler) : { kind: 'fixed' },
  };
}

const policyOf = ({ spec, metadata }: HorizontalRunnerAutoscaler): Policy => ({
  kind: 'autoscaler',
  spec,
  rules: countingRules(metadata.annotations),
});

function scaleSetPool(set: AutoscalingRunnerSet): SimulatedPool {
  const { spec, metadata } = set;
  const minRunners = minRunnersOf(spec);
  return {
    name: metadata.name,
    pool: {
      scope: scopeOfUrl(spec.githubConfigUrl) ?? { kind: 'enterprise', name: 'any' },
      group: spec.runnerGroup,
      labels: [scaleSetNameOf(set), ...(spec.runnerScaleSetLabels ?? [])],
    },
    isEphemeral: true,
    replicas: minRunners,
    policy: { kind: 'scale-set', minRunners, maxRunners: maxRunnersOf(spec) },
  };
}
