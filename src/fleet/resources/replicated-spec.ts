/** The spec that RunnerReplicaSet and RunnerDeployment share. Source: fleet-semantics 1.5 and 1.6. */
import { z } from 'zod';
import { sha256Hex } from '../../common/ids.ts';
import { type FieldCause, invalidValue } from './field-errors.ts';
import { checkRunnerSpec, RunnerSpec } from './runner-spec.ts';

const texts = z.record(z.string(), z.string());

export const LabelSelector = z.looseObject({
  matchLabels: texts.optional(),
  matchExpressions: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});

const RunnerTemplate = z.looseObject({
  metadata: z.looseObject({ labels: texts.optional(), annotations: texts.optional() }).optional(),
  spec: RunnerSpec,
});
export type RunnerTemplate = z.infer<typeof RunnerTemplate>;

export const ReplicatedSpec = z.looseObject({
  replicas: z.int().min(0).optional(),
  /** Written by an autoscaler: when it last changed `replicas`. Passed on from the deployment to its set (RD-5). */
  effectiveTime: z.iso.datetime({ offset: true }).optional(),
  selector: LabelSelector.optional(),
  template: RunnerTemplate,
});
export type ReplicatedSpec = z.infer<typeof ReplicatedSpec>;

/** ARC's default when `replicas` is left out (fleet-semantics 1.12). */
export const desiredReplicas = (spec: Pick<ReplicatedSpec, 'replicas'>): number => spec.replicas ?? 1;

export const TEMPLATE_HASH_LABEL = 'runner-template-hash';
export const DEPLOYMENT_LABEL = 'runner-deployment-name';

/** A selector that does not select the template's own labels would orphan every runner. */
export function checkReplicatedSpec(spec: ReplicatedSpec): FieldCause[] {
  const labels = spec.template.metadata?.labels ?? {};
  const wanted = Object.entries(spec.selector?.matchLabels ?? {});
  const mismatch = wanted.some(([name, value]) => name !== DEPLOYMENT_LABEL && labels[name] !== value);
  const causes = checkRunnerSpec(spec.template.spec, 'spec.template.spec');
  if (!mismatch) return causes;
  const problem = 'spec.selector.matchLabels must be among these labels';
  return [...causes, invalidValue('spec.template.metadata.labels', labels, problem)];
}

/**
 * Changes when the template does. ARC hashes a Go dump of its structs with FNV-1a; ours is over JSON with sorted keys,
 * so the values differ from ARC's and mean the same.
 */
export const templateHash = (template: RunnerTemplate): string => sha256Hex(sortedJson(template)).slice(0, 10);

/** JSON whose text does not depend on the order in which keys were written. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
