import type { JobRow } from '../../store/jobs.ts';
import {
  allPermissions,
  defaultPermissions,
  effectivePermissions,
  jobOf,
  type PermissionLimits,
  type Permissions,
  type WorkflowJob,
} from '../../workflow/index.ts';
import { type GrantedPermissions, grantedPermissions } from '../auth/job-permissions.ts';
import { isFromFork } from './forks.ts';
import { type Level, levelOf } from './run-bundle.ts';

/** What the token of a job may do (SEM-6.3, 6.4); of a pull request from a fork it may only read (SEM-2.12). */
export function permissionsOf(level: Level, job: WorkflowJob): Permissions {
  return effectivePermissions(level.workflow, job, { ...limitsOf(level), readOnly: isFromFork(level.bundle) });
}

/** A called job can have what its caller has. A repository's policy is a default: a workflow may ask for more. */
function limitsOf(level: Level): Pick<PermissionLimits, 'ceiling' | 'fallback'> {
  const { caller, bundle } = level;
  if (!caller) {
    return { ceiling: allPermissions('write'), fallback: defaultPermissions(bundle.repository.default_permissions) };
  }
  const ceiling = JSON.parse(caller.permissions) as Permissions;
  return isDeclaredAbove(level) ? { ceiling } : { ceiling, fallback: ceiling };
}

/** Whether a job that calls this file, or the file of that job, says what it may do. */
function isDeclaredAbove({ caller, bundle }: Level): boolean {
  if (!caller) return false;
  const above = levelOf(bundle, caller);
  const { permissions } = jobOf(above.workflow, caller.key);
  return permissions !== null || above.workflow.permissions !== null || isDeclaredAbove(above);
}

/** What goes into the token of a job that is given to a runner. */
export const tokenPermissions = ({ permissions }: JobRow): GrantedPermissions =>
  grantedPermissions(JSON.parse(permissions) as Permissions);
