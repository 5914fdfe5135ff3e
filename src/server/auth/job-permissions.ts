/** What a job's `GITHUB_TOKEN` may do on the server (SEM-6), and in whose words that is said. */
import { UserError } from '../../common/errors.ts';
import { PERMISSION_SCOPES, type PermissionScope, type Permissions } from '../../workflow/index.ts';

/** The scopes that the token has at all. `metadata: read` is not among them: every token has it (SEM-6.1). */
export type GrantedPermissions = { [scope in PermissionScope]?: 'read' | 'write' };

/**
 * What a job's token must hold to call a route. `people`: no job's token may, since there is no scope for it that a
 * workflow could ask for, as GitHub has none for settings, secrets and variables.
 */
export type JobPermission = 'people' | 'metadata: read' | `${PermissionScope}: ${'read' | 'write'}`;

/** Without those that grant nothing. */
export function grantedPermissions(permissions: Permissions): GrantedPermissions {
  return Object.fromEntries(Object.entries(permissions).filter(([, level]) => level !== 'none'));
}

/** What "Set up job" prints: names as GitHub's own runner gets them, such as `PullRequests`. */
export function printedPermissions(granted: GrantedPermissions): Record<string, string> {
  const named = Object.entries({ ...granted, metadata: 'read' }).map(([scope, level]) => [pascalCase(scope), level]);
  return Object.fromEntries(named.sort(([a = ''], [b = '']) => a.localeCompare(b)));
}

const pascalCase = (scope: string): string =>
  scope.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** @throws UserError 403, in GitHub's words */
export function assertPermission(granted: GrantedPermissions, needed: JobPermission): void {
  if (needed === 'metadata: read') return;
  const scope = PERMISSION_SCOPES.find((one) => needed.startsWith(`${one}: `));
  const level = scope && granted[scope];
  if (level === 'write' || (level === 'read' && needed.endsWith(': read'))) return;
  throw new UserError('forbidden', 'Resource not accessible by integration.', { status: 403, hint: hintFor(needed) });
}

const hintFor = (needed: JobPermission): string =>
  needed === 'people'
    ? 'No GITHUB_TOKEN may do this; it needs the token of a person.'
    : `The GITHUB_TOKEN of this job lacks \`${needed}\`; give it with \`permissions\` in the workflow file.`;
