import { defaultPermissions, effectivePermissions, type Permissions, type WorkflowJob } from '../../workflow/index.ts';
import type { Level } from './run-bundle.ts';

/** What the token of a job may do (SEM-6.3, 6.4). */
export function permissionsOf(level: Level, job: WorkflowJob): Permissions {
  return effectivePermissions(level.workflow, job, { ceiling: ceilingOf(level), readOnly: false });
}

/** The most that a job of this level can be given: what its caller has, or the repository's default. */
function ceilingOf({ caller, bundle }: Level): Permissions {
  if (caller) return JSON.parse(caller.permissions) as Permissions;
  return defaultPermissions(bundle.repository.default_permissions);
}
