/** A pod's template, as scale sets have it, and what of it a RunnerSpec can say (fleet-semantics 11.1, 11.5). */
import { z } from 'zod';
import { causeOf, type FieldCause, fieldPath, invalidValue } from './field-errors.ts';
import type { FieldWarning } from './kind.ts';
import { RunnerSpec } from './runner-spec.ts';

/** Free-form: their fields are Kubernetes' business, and which of them have an effect is told field by field. */
const Container = z.record(z.string(), z.unknown());
type Container = z.infer<typeof Container>;

const texts = z.record(z.string(), z.string());

/** Fields that a pod and a RunnerSpec have in common, with the same meaning. */
const sharedFields = RunnerSpec.pick({
  volumes: true,
  nodeSelector: true,
  affinity: true,
  tolerations: true,
  topologySpreadConstraints: true,
  runtimeClassName: true,
  priorityClassName: true,
  serviceAccountName: true,
  automountServiceAccountToken: true,
  imagePullSecrets: true,
  securityContext: true,
  terminationGracePeriodSeconds: true,
  hostAliases: true,
  dnsPolicy: true,
  dnsConfig: true,
  enableServiceLinks: true,
  ephemeralContainers: true,
}).shape;

/** The same for the runner's container. */
const RunnerContainer = RunnerSpec.pick({
  image: true,
  imagePullPolicy: true,
  env: true,
  envFrom: true,
  resources: true,
  volumeMounts: true,
});

/** Fields of a pod that no RunnerSpec has: known, and told to be without effect. */
const otherFields = Object.fromEntries(
  [
    ...['activeDeadlineSeconds', 'hostIPC', 'hostNetwork', 'hostPID', 'hostUsers', 'hostname', 'nodeName', 'os'],
    ...['overhead', 'preemptionPolicy', 'priority', 'readinessGates', 'resourceClaims', 'resources', 'restartPolicy'],
    ...[
      'schedulerName',
      'schedulingGates',
      'serviceAccount',
      'setHostnameAsFQDN',
      'shareProcessNamespace',
      'subdomain',
    ],
  ].map((field) => [field, z.unknown().optional()]),
);

const PodSpec = z.looseObject({
  ...otherFields,
  ...sharedFields,
  containers: z.array(Container).optional(),
  initContainers: z.array(Container).optional(),
});

export const PodTemplate = z.looseObject({
  metadata: z.looseObject({ labels: texts.optional(), annotations: texts.optional() }).optional(),
  spec: PodSpec.optional(),
});
export type PodTemplate = z.infer<typeof PodTemplate>;

/** The container that the runner's program runs in. */
const RUNNER_CONTAINER = 'runner';

/** Values that ask for just what happens anyway. */
const HARMLESS: Record<string, string> = {
  restartPolicy: '"Never"',
  command: '["/home/runner/run.sh"]',
};

/** What ARC's chart adds for Docker in Docker: the backend brings its own. */
const DIND_CONTAINERS = ['dind', 'init-dind-externals'];
const DIND_VOLUMES = ['dind-sock', 'dind-externals'];
const DIND_VARIABLES = ['DOCKER_HOST', 'RUNNER_WAIT_FOR_DOCKER_IN_SECONDS', 'DOCKER_GROUP_GID'];

const HOOKS_VARIABLE = 'ACTIONS_RUNNER_CONTAINER_HOOKS';

export interface CarriedPod {
  spec: RunnerSpec;
  /** Where a field of `spec`, such as `env[0].valueFrom`, was written. */
  pathOf(field: string): string;
  /** What was set and has no place in a RunnerSpec. */
  left: FieldWarning[];
}

/** @param path of the pod's spec, such as `spec.template.spec` */
export function checkPodTemplate({ spec }: PodTemplate, path: string): FieldCause[] {
  const containers = spec?.containers;
  if (!containers) return [];
  const index = containers.findIndex(({ name }) => name === RUNNER_CONTAINER);
  if (index >= 0) {
    const { error } = RunnerContainer.safeParse(containers[index]);
    return (error?.issues ?? []).map((issue) => causeOf(`${path}.containers[${index}]`, issue));
  }
  const names = containers.map(({ name }) => name);
  return [invalidValue(`${path}.containers`, names, `one of them must be named ${RUNNER_CONTAINER}`)];
}

/** @param path of the pod's spec */
export function carryPod({ spec: pod = {} }: PodTemplate, path: string): CarriedPod {
  const origins = new Map<string, string>();
  const carried: Record<string, unknown> = {};
  const left: FieldWarning[] = [];
  const take = (field: string, value: unknown, origin: string): void => {
    if (value === undefined) return;
    origins.set(field, origin);
    carried[field] = Array.isArray(value) ? withOrigins(value, field, origin, origins) : value;
  };
  for (const [field, value] of Object.entries(pod)) {
    if (field in sharedFields) take(field, value, `${path}.${field}`);
    else if (field in otherFields) leave(left, `${path}.${field}`, field, value);
  }
  const containers = pod.containers ?? [];
  const index = containers.findIndex(({ name }) => name === RUNNER_CONTAINER);
  for (const [field, value] of Object.entries(containers[index] ?? {})) {
    const origin = `${path}.containers[${index}].${field}`;
    if (field in RunnerContainer.shape) take(field, value, origin);
    else if (field !== 'name') leave(left, origin, field, value);
  }
  take('sidecarContainers', others(containers), `${path}.containers`);
  take('initContainers', others(pod.initContainers ?? []), `${path}.initContainers`);
  const spec = { ...carried, ...dockerOf(pod), ...kubernetesOf(carried) } as RunnerSpec;
  return { spec, left, pathOf: (field) => pathOf(origins, field, path) };
}

/** Entries that the backend brings itself are left out; where each of the others stood is kept. */
function withOrigins(list: unknown[], field: string, origin: string, origins: Map<string, string>): unknown[] {
  const kept: unknown[] = [];
  for (const [index, entry] of list.entries()) {
    if (isOfDind(field, entry)) continue;
    origins.set(`${field}[${kept.length}]`, fieldPath(origin, [index]));
    kept.push(entry);
  }
  return kept;
}

function isOfDind(field: string, entry: unknown): boolean {
  const name = (entry as { name?: unknown } | null)?.name;
  if (typeof name !== 'string') return false;
  if (field === 'volumes' || field === 'volumeMounts') return DIND_VOLUMES.includes(name);
  return field === 'env' && DIND_VARIABLES.includes(name);
}

function others(containers: Container[]): Container[] | undefined {
  const found = containers.filter(({ name }) => name !== RUNNER_CONTAINER && !DIND_CONTAINERS.includes(String(name)));
  return found.length > 0 ? found : undefined;
}

/** Without a `dind` container a scale set's runners have no Docker, whatever a RunnerSpec's default is. */
function dockerOf({ containers = [], initContainers = [] }: NonNullable<PodTemplate['spec']>): Partial<RunnerSpec> {
  const dind = [...containers, ...initContainers].find(({ name }) => name === 'dind');
  if (!dind) return { dockerEnabled: false };
  const { resources } = dind as { resources?: Record<string, unknown> };
  return { dockerEnabled: true, ...(resources && { dockerdContainerResources: resources }) };
}

/** ARC's mode `kubernetes`, recognized by the hooks that it sets. */
function kubernetesOf({ env, volumes }: Record<string, unknown>): Partial<RunnerSpec> {
  const hasHooks = ((env ?? []) as Container[]).some(({ name }) => name === HOOKS_VARIABLE);
  if (!hasHooks) return {};
  const work = ((volumes ?? []) as Container[]).find(({ name }) => name === 'work');
  const claim = work?.ephemeral as
    | { volumeClaimTemplate?: { spec?: RunnerSpec['workVolumeClaimTemplate'] } }
    | undefined;
  const template = claim?.volumeClaimTemplate?.spec;
  return { containerMode: 'kubernetes', ...(template && { workVolumeClaimTemplate: template }) };
}

function leave(left: FieldWarning[], field: string, name: string, value: unknown): void {
  if (HARMLESS[name] === JSON.stringify(value)) return;
  left.push({ field, message: 'has no effect: runners here are not started from a whole pod' });
}

function pathOf(origins: Map<string, string>, field: string, path: string): string {
  const parts = field.match(/\[\d+\]|\.?[^.[\]]+/g) ?? [field];
  for (let count = parts.length; count > 0; count--) {
    const origin = origins.get(parts.slice(0, count).join(''));
    if (origin !== undefined) return origin + parts.slice(count).join('');
  }
  return path;
}
