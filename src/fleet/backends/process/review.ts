import { type Controller, findParents, type Parents } from '../../../common/control-groups/index.ts';
import { parseQuantity } from '../../../common/quantity.ts';
import { SETTINGS, type SettingName } from '../../../common/settings-table.ts';
import type { FieldWarning } from '../../resources/kind.ts';
import { FLEETS_OWN_FIELDS, RunnerSpec } from '../../resources/runner-spec.ts';
import { isReference, isSource, NO_REFERENCE, NO_SOURCE } from '../../resources/variable-references.ts';
import { isOutside } from './work-folder.ts';

/** Fields of a RunnerSpec that a plain process can honour. */
const HONOURED = new Set<string>([
  ...FLEETS_OWN_FIELDS,
  'env',
  'envFrom',
  'terminationGracePeriodSeconds',
  'resources',
  'workDir',
]);

/** Values that ask for just what a process does anyway. */
const HARMLESS: Record<string, unknown> = {
  dockerEnabled: false,
  dockerdWithinRunnerContainer: false,
  containerMode: '',
};

/** What a limit is called by Kubernetes, by the kernel, and by the runner, which makes the control groups. */
const LIMITS: Record<string, { controller: Controller; setting: SettingName }> = {
  cpu: { controller: 'cpu', setting: 'jobCpus' },
  memory: { controller: 'memory', setting: 'jobMemory' },
  pids: { controller: 'pids', setting: 'jobPids' },
};

const NO_CONTAINER = 'has no effect: the process backend runs runners as plain processes on this machine';
const NO_RESERVATION = 'has no effect: the process backend reserves nothing, it limits';
const NO_SUCH_LIMIT = 'has no effect: the process backend limits cpu, memory and pids';
const NOT_OUTSIDE = 'has no effect: it is an absolute folder, or one in the folder of the runner';

/** Settings that give a runner's jobs the limits of its spec. */
export function limitSettings({ resources }: RunnerSpec): Record<string, string> {
  return Object.fromEntries(
    limitsOf(resources).flatMap(({ name, amount }) => {
      const limit = LIMITS[name];
      if (!limit || amount === undefined) return [];
      const text =
        name === 'memory' ? String(Math.round(amount)) : name === 'pids' ? String(Math.floor(amount)) : String(amount);
      return [[SETTINGS[limit.setting].env, text]];
    }),
  );
}

/** `amount` is undefined where the text is no quantity. */
function limitsOf(resources: RunnerSpec['resources']): { name: string; text: string; amount: number | undefined }[] {
  const limits = resources?.limits;
  if (typeof limits !== 'object' || limits === null) return [];
  return Object.entries(limits).map(([name, value]) => ({
    name,
    text: String(value),
    amount: parseQuantity(String(value)),
  }));
}

function reviewResources({ resources }: RunnerSpec): FieldWarning[] {
  const warnings: FieldWarning[] = [];
  for (const part of Object.keys(resources ?? {})) {
    if (part !== 'limits') warnings.push({ field: `resources.${part}`, message: NO_RESERVATION });
  }
  const limits = limitsOf(resources);
  const known = limits.flatMap(({ name }) => LIMITS[name]?.controller ?? []);
  const { missing } = known.length > 0 ? findParents(known) : { missing: {} as Parents['missing'] };
  for (const { name, text, amount } of limits) {
    const field = `resources.limits.${name}`;
    const limit = LIMITS[name];
    const why = limit && missing[limit.controller];
    if (!limit) warnings.push({ field, message: NO_SUCH_LIMIT });
    else if (amount === undefined)
      warnings.push({ field, message: `has no effect: "${text}" is no amount, such as 1.5, 500m or 2Gi` });
    else if (why) warnings.push({ field, message: `has no effect: ${why}` });
  }
  return warnings;
}

/** One warning for each field that is set and has no effect. Fields that no backend knows are admission's to tell. */
export function reviewForProcesses(spec: RunnerSpec): FieldWarning[] {
  const warnings: FieldWarning[] = [];
  for (const [field, value] of Object.entries(spec)) {
    const isOthers = field in RunnerSpec.shape && !HONOURED.has(field);
    if (isOthers && value !== undefined && HARMLESS[field] !== value) warnings.push({ field, message: NO_CONTAINER });
  }
  if (isOutside(spec)) warnings.push({ field: 'workDir', message: NOT_OUTSIDE });
  warnings.push(...reviewResources(spec));
  for (const [index, source] of (spec.envFrom ?? []).entries()) {
    if (!isSource(source)) warnings.push({ field: `envFrom[${index}]`, message: NO_SOURCE });
  }
  for (const [index, { valueFrom }] of (spec.env ?? []).entries()) {
    if (valueFrom && !isReference(valueFrom))
      warnings.push({ field: `env[${index}].valueFrom`, message: NO_REFERENCE });
  }
  return warnings;
}
