/** `securityContext` of a pod and of a container as options of `docker create`. */
import { z } from 'zod';
import { type Field, read, type Warn, warnOfOthers } from './fields.ts';

const id = z.int().min(0);
/** The first is what the engine takes by itself. */
const SECCOMP_PROFILES = ['RuntimeDefault', 'Unconfined'];
const Both = {
  runAsUser: id.optional(),
  runAsGroup: id.optional(),
  seLinuxOptions: z.record(z.string(), z.string()).optional(),
  seccompProfile: z
    .looseObject({ type: z.string() })
    .refine(
      ({ type }) => SECCOMP_PROFILES.includes(type),
      'the docker backend knows the profiles RuntimeDefault and Unconfined',
    )
    .optional(),
};
const PodContext = z.looseObject({
  ...Both,
  fsGroup: id.optional(),
  supplementalGroups: z.array(id).optional(),
  sysctls: z.array(z.looseObject({ name: z.string(), value: z.string() })).optional(),
});
const ContainerContext = z.looseObject({
  ...Both,
  privileged: z.boolean().optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  allowPrivilegeEscalation: z.boolean().optional(),
  capabilities: z.looseObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() }).optional(),
});

const UNKNOWN = 'has no effect: the docker backend does not know it';

/** @param container undefined: it has none of its own. Where both say something the container's counts. */
export function securityOptions(pod: Field | undefined, container: Field | undefined, warn: Warn): string[] {
  const shared = read(PodContext, pod, () => undefined) ?? {};
  warnOfOthers(container, Object.keys(ContainerContext.shape), UNKNOWN, warn);
  const own = read(ContainerContext, container, warn) ?? {};
  const { runAsUser, runAsGroup, seLinuxOptions, seccompProfile } = { ...shared, ...own };
  const groups = [...(shared.supplementalGroups ?? []), ...(shared.fsGroup === undefined ? [] : [shared.fsGroup])];
  return [
    ...userOption(runAsUser, runAsGroup),
    ...groups.flatMap((group) => ['--group-add', String(group)]),
    ...Object.entries(seLinuxOptions ?? {}).flatMap(([name, value]) => ['--security-opt', `label=${name}:${value}`]),
    ...(seccompProfile?.type === 'Unconfined' ? ['--security-opt', 'seccomp=unconfined'] : []),
    ...(own.privileged ? ['--privileged'] : []),
    ...(own.readOnlyRootFilesystem ? ['--read-only'] : []),
    ...(own.allowPrivilegeEscalation === false ? ['--security-opt', 'no-new-privileges'] : []),
    ...(own.capabilities?.add ?? []).flatMap((capability) => ['--cap-add', capability]),
    ...(own.capabilities?.drop ?? []).flatMap((capability) => ['--cap-drop', capability]),
  ];
}

/** Of the pod, for the container whose network the others share. */
export const sysctlOptions = (pod: Field | undefined): string[] =>
  (read(PodContext, pod, () => undefined)?.sysctls ?? []).flatMap(({ name, value }) => [
    '--sysctl',
    `${name}=${value}`,
  ]);

/** What of the pod's has no effect; told once, though every container has it. */
export function reviewPodSecurity(pod: Field | undefined, warn: Warn): void {
  warnOfOthers(pod, Object.keys(PodContext.shape), UNKNOWN, warn);
  read(PodContext, pod, warn);
}

export const fileGroup = (pod: Field | undefined): number | undefined =>
  read(PodContext, pod, () => undefined)?.fsGroup;

export const hasSeLinuxOptions = (pod: Field | undefined): boolean =>
  read(PodContext, pod, () => undefined)?.seLinuxOptions !== undefined;

/** Docker takes no group without a user: 0 is whom Kubernetes would take then, too. */
function userOption(user: number | undefined, group: number | undefined): string[] {
  if (user === undefined && group === undefined) return [];
  return ['--user', group === undefined ? String(user) : `${user ?? 0}:${group}`];
}
