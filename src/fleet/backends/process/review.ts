import type { FieldWarning } from '../../resources/admission.ts';
import { RunnerSpec } from '../../resources/runner-spec.ts';

/** Fields of a RunnerSpec that a plain process can honour. */
const HONOURED = new Set<string>([
  'enterprise',
  'organization',
  'repository',
  'labels',
  'group',
  'ephemeral',
  'env',
  'terminationGracePeriodSeconds',
]);

/** Values that ask for just what a process does anyway. */
const HARMLESS: Record<string, unknown> = {
  dockerEnabled: false,
  dockerdWithinRunnerContainer: false,
  containerMode: '',
};

const NO_CONTAINER = 'has no effect: the process backend runs runners as plain processes on this machine';
const NO_REFERENCE = 'has no effect: the process backend takes plain values only';

/** One warning for each field that is set and has no effect. Fields that no backend knows are admission's to tell. */
export function reviewForProcesses(spec: RunnerSpec): FieldWarning[] {
  const warnings: FieldWarning[] = [];
  for (const [field, value] of Object.entries(spec)) {
    const isOthers = field in RunnerSpec.shape && !HONOURED.has(field);
    if (isOthers && value !== undefined && HARMLESS[field] !== value) warnings.push({ field, message: NO_CONTAINER });
  }
  for (const [index, { valueFrom }] of (spec.env ?? []).entries()) {
    if (valueFrom) warnings.push({ field: `env[${index}].valueFrom`, message: NO_REFERENCE });
  }
  return warnings;
}
