/** RunnerConfig and RunnerPodSpec: the spec of a Runner and of every template. Source: fleet-semantics 1.2 and 1.3. */
import { z } from 'zod';
import type { RunnerScope } from '../../protocol/github/runners.ts';
import { type FieldCause, invalidValue, requiredValue } from './field-errors.ts';
import type { FieldWarning } from './kind.ts';

/** Copied to a pod unread; their own fields are Kubernetes' business. */
const podPart = z.record(z.string(), z.unknown());
const podParts = z.array(podPart);
const quantity = z.union([z.string(), z.number()]);
const segment = z.string().regex(/^[^/]+$/, 'must be one name without a slash');

export const RunnerConfig = {
  enterprise: segment.optional(),
  organization: segment.optional(),
  repository: z
    .string()
    .regex(/^[^/]+\/[^/]+$/, 'must be OWNER/REPOSITORY')
    .optional(),
  labels: z
    .array(
      z
        .string()
        .min(1)
        .max(256)
        .regex(/^[^,]*$/, 'must not contain a comma'),
    )
    .max(90)
    .optional(),
  group: z.string().optional(),
  ephemeral: z.boolean().optional(),
  image: z.string().optional(),
  workDir: z.string().optional(),
  dockerdWithinRunnerContainer: z.boolean().optional(),
  dockerEnabled: z.boolean().optional(),
  dockerMTU: z.int().optional(),
  dockerRegistryMirror: z
    .string()
    .regex(/^$|^https?:\/\//, 'must carry a scheme, such as https://mirror.example.com')
    .optional(),
  dockerVarRunVolumeSizeLimit: quantity.optional(),
  volumeSizeLimit: quantity.optional(),
  volumeStorageMedium: z.string().optional(),
  containerMode: z.enum(['', 'kubernetes']).optional(),
  githubAPICredentialsFrom: z.looseObject({ secretRef: z.looseObject({ name: z.string().min(1) }) }).optional(),
};

const EnvironmentVariable = z.looseObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'must be the name of an environment variable'),
  value: z.string().optional(),
  valueFrom: podPart.optional(),
});

const RunnerPodSpec = {
  containers: podParts.optional(),
  env: z.array(EnvironmentVariable).optional(),
  envFrom: podParts.optional(),
  resources: podPart.optional(),
  imagePullPolicy: z.string().optional(),
  volumeMounts: podParts.optional(),
  volumes: podParts.optional(),
  dockerdContainerResources: podPart.optional(),
  dockerEnv: podParts.optional(),
  dockerVolumeMounts: podParts.optional(),
  initContainers: podParts.optional(),
  sidecarContainers: podParts.optional(),
  ephemeralContainers: podParts.optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
  affinity: podPart.optional(),
  tolerations: podParts.optional(),
  topologySpreadConstraints: podParts.optional(),
  runtimeClassName: z.string().optional(),
  priorityClassName: z.string().optional(),
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  imagePullSecrets: podParts.optional(),
  securityContext: podPart.optional(),
  terminationGracePeriodSeconds: z.int().min(0).optional(),
  hostAliases: podParts.optional(),
  dnsPolicy: z.string().optional(),
  dnsConfig: podPart.optional(),
  enableServiceLinks: z.boolean().optional(),
  workVolumeClaimTemplate: z
    .looseObject({
      storageClassName: z.string().optional(),
      accessModes: z.array(z.string()).optional(),
      resources: podPart.optional(),
    })
    .optional(),
};

export const RunnerSpec = z.looseObject({ ...RunnerConfig, ...RunnerPodSpec });
export type RunnerSpec = z.infer<typeof RunnerSpec>;

/** Fields that the fleet itself acts on, whatever starts the runner. */
export const FLEETS_OWN_FIELDS: readonly string[] = [
  'enterprise',
  'organization',
  'repository',
  'labels',
  'group',
  'ephemeral',
  'githubAPICredentialsFrom',
] satisfies (keyof typeof RunnerConfig)[];

const CLAIM_ACCESS_MODES = ['ReadWriteOnce', 'ReadWriteMany'];

/** Rules that span fields: OBJ-1, OBJ-2 and POD-2. `path` is where the spec lies, such as `spec.template.spec`. */
export function checkRunnerSpec(spec: RunnerSpec, path: string): FieldCause[] {
  return [...checkScope(spec, path), ...checkWorkVolume(spec, path), ...checkWorkName(spec, path)];
}

/** OBJ-1: exactly one of the three scopes. */
function checkScope(spec: RunnerSpec, path: string): FieldCause[] {
  const given = (['enterprise', 'organization', 'repository'] as const).filter((field) => spec[field]);
  if (given.length === 1) return [];
  if (given.length === 0) return [requiredValue(path, 'set exactly one of enterprise, organization and repository')];
  const problem = `only one of enterprise, organization and repository may be set, here are ${given.join(' and ')}`;
  return given.slice(1).map((field) => invalidValue(`${path}.${field}`, spec[field], problem));
}

/** OBJ-2: the kubernetes container mode needs a work volume that another pod can mount. */
function checkWorkVolume(spec: RunnerSpec, path: string): FieldCause[] {
  if (spec.containerMode !== 'kubernetes') return [];
  const field = `${path}.workVolumeClaimTemplate`;
  if (!spec.workVolumeClaimTemplate) return [requiredValue(field, 'containerMode kubernetes needs it')];
  const modes = spec.workVolumeClaimTemplate.accessModes ?? [];
  return modes
    .filter((mode) => !CLAIM_ACCESS_MODES.includes(mode))
    .map((mode) => invalidValue(`${field}.accessModes`, mode, `must be ${CLAIM_ACCESS_MODES.join(' or ')}`));
}

/** POD-2: the volume of the claim is called so. */
function checkWorkName(spec: RunnerSpec, path: string): FieldCause[] {
  if (spec.containerMode !== 'kubernetes') return [];
  return (['volumes', 'volumeMounts'] as const).flatMap((field) =>
    (spec[field] ?? []).flatMap((one, index) =>
      one.name === 'work'
        ? [invalidValue(`${path}.${field}[${index}].name`, 'work', 'is the name of workVolumeClaimTemplate')]
        : [],
    ),
  );
}

/** What is allowed and may have no effect, wherever runners are started. Fields are those of the spec. */
export function runnerWarnings({ repository, group }: RunnerSpec): FieldWarning[] {
  // IMG-3
  if (!repository || !group) return [];
  const message = "counts at Switchyard's server alone: at GitHub, runners of a repository are in no group";
  return [{ field: 'group', message }];
}

/** ARC's default: one job per runner. */
export const isEphemeral = (spec: RunnerSpec): boolean => spec.ephemeral ?? true;

/** Where the runner registers. Admission has made sure that exactly one is set. */
export function scopeOf(spec: RunnerSpec): RunnerScope {
  if (spec.enterprise) return { kind: 'enterprise', name: spec.enterprise };
  if (spec.organization) return { kind: 'organization', name: spec.organization };
  const [owner = '', name = ''] = (spec.repository ?? '').split('/');
  return { kind: 'repository', owner, name };
}
