/** What a job's token may do (SEM-6). */
import {
  PERMISSION_SCOPES,
  type PermissionLevel,
  type PermissionScope,
  type Permissions,
  type Workflow,
  type WorkflowJob,
} from './model.ts';

/** The highest level that exists for a scope, where that is not `write` (SEM-6.2). */
const HIGHEST: { [scope in PermissionScope]?: PermissionLevel } = { models: 'read', 'vulnerability-alerts': 'read' };
const RANK: Record<PermissionLevel, number> = { none: 0, read: 1, write: 2 };

/** Of two levels the lower one. */
export const lowerLevel = (a: PermissionLevel, b: PermissionLevel): PermissionLevel => (RANK[a] <= RANK[b] ? a : b);

export const isHigher = (level: PermissionLevel, than: PermissionLevel): boolean => RANK[level] > RANK[than];

/** A set made scope by scope. */
export function permissionsBy(level: (scope: PermissionScope) => PermissionLevel): Permissions {
  const levels = PERMISSION_SCOPES.map((scope) => [scope, level(scope)]);
  return Object.fromEntries(levels);
}

/** `read-all` and `write-all` (SEM-6.1). There is nothing to read with `id-token`. */
export function allPermissions(level: 'read' | 'write'): Permissions {
  return permissionsBy((scope) => {
    if (scope === 'id-token') return level === 'write' ? 'write' : 'none';
    return lowerLevel(level, HIGHEST[scope] ?? 'write');
  });
}

/** What a repository's policy grants to workflows that say nothing (SEM-6.3): `read` is "restricted", `write` "permissive". */
export function defaultPermissions(policy: 'read' | 'write'): Permissions {
  if (policy === 'write') return allPermissions('write');
  return permissionsBy((scope) => (scope === 'contents' || scope === 'packages' ? 'read' : 'none'));
}

export interface PermissionLimits {
  /** Never exceeded. In a called workflow what the calling job has (SEM-6.4); a policy is a default and no limit. */
  ceiling: Permissions;
  /**
   * The policy, where no caller declares permissions: what applies when neither job nor workflow does. A job that runs
   * gets no `id-token` from it, which must be asked for; a job that calls passes on that it may be. Without a fallback the
   * ceiling was declared, and applies as it is.
   */
  fallback?: Permissions;
  /** Pull requests of forks: what may be written may only be read. */
  readOnly: boolean;
}

/** SEM-6.3, 6.4: those of the job, else of the workflow, else of the caller, else of the policy. */
export function effectivePermissions(workflow: Workflow, job: WorkflowJob, limits: PermissionLimits): Permissions {
  const { ceiling, readOnly } = limits;
  const asked = job.permissions ?? workflow.permissions ?? undeclared(job, limits);
  const allowed = permissionsBy((scope) => lowerLevel(asked[scope], ceiling[scope]));
  if (!readOnly) return allowed;
  const readable = allPermissions('read');
  return permissionsBy((scope) => lowerLevel(allowed[scope], readable[scope]));
}

function undeclared(job: WorkflowJob, { ceiling, fallback }: PermissionLimits): Permissions {
  if (!fallback) return ceiling;
  return job.call ? fallback : { ...fallback, 'id-token': 'none' };
}
