import type { JobRow } from '../../store/jobs.ts';
import {
  allPermissions,
  defaultPermissions,
  effectivePermissions,
  type PermissionLimits,
  type Permissions,
  type WorkflowJob,
} from '../../workflow/index.ts';
import { type GrantedPermissions, grantedPermissions } from '../auth/job-permissions.ts';
import { isFromFork } from './forks.ts';
import type { Level } from './run-bundle.ts';

/** What the token of a job may do (SEM-6.3, 6.4); of a pull request from a fork it may only read (SEM-2.12). */
export function permissionsOf(level: Level, job: WorkflowJob): Permissions {
  return effectivePermissions(level.workflow, job, { ...limitsOf(level), readOnly: isFromFork(level.bundle) });
}

/** A called job can have what its caller has. A repository's policy is a default: a workflow may ask for more. */
function limitsOf({ caller, bundle }: Level): Pick<PermissionLimits, 'ceiling' | 'fallback'> {
  if (caller) return { ceiling: JSON.parse(caller.permissions) as Permissions };
  return { ceiling: allPermissions('write'), fallback: defaultPermissions(bundle.repository.default_permissions) };
}

/** What goes into the token of a job that is given to a runner. */
export const tokenPermissions = ({ permissions }: JobRow): GrantedPermissions =>
  grantedPermissions(JSON.parse(permissions) as Permissions);
