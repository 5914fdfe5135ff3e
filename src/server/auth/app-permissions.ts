/** What a GitHub App may do, in GitHub's names, and in whose words a refusal is said. */
import { z } from 'zod';
import type { JobPermission } from './job-permissions.ts';

/** https://docs.github.com/rest/overview/permissions-required-for-github-apps, those that anything here asks for or that clients name. */
export const APP_PERMISSIONS = [
  'actions',
  'actions_variables',
  'administration',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'environments',
  'issues',
  'metadata',
  'packages',
  'pages',
  'pull_requests',
  'repository_hooks',
  'secrets',
  'statuses',
  'workflows',
  'members',
  'organization_actions_variables',
  'organization_administration',
  'organization_hooks',
  'organization_secrets',
  'organization_self_hosted_runners',
] as const;
export type AppPermissionName = (typeof APP_PERMISSIONS)[number];

export type AppPermission = `${AppPermissionName}: ${'read' | 'write'}`;

/** Names that are unknown here are refused: what they would allow is not known either. */
export const AppPermissions = z.partialRecord(z.enum(APP_PERMISSIONS), z.enum(['read', 'write']));
export type AppPermissions = z.infer<typeof AppPermissions>;

/** What a job's token needs, as an App is given it. */
export function asAppPermission(permission: JobPermission): AppPermission | undefined {
  if (permission === 'people') return undefined;
  const [scope = '', level] = permission.split(': ');
  const name = APP_PERMISSIONS.find((one) => one === scope.replaceAll('-', '_'));
  return name && `${name}: ${level === 'write' ? 'write' : 'read'}`;
}

/** Every App may read metadata. */
export function isPermitted(held: AppPermissions, needed: AppPermission): boolean {
  if (needed === 'metadata: read') return true;
  const [name, level] = needed.split(': ') as [AppPermissionName, 'read' | 'write'];
  const had = held[name];
  return had === 'write' || (had === 'read' && level === 'read');
}

/** What both allow. */
export function narrowed(held: AppPermissions, wanted: AppPermissions): AppPermissions {
  const both = Object.entries(wanted).flatMap(([key, level]) => {
    const name = key as AppPermissionName;
    const had = held[name];
    if (had === undefined) return [];
    return [[name, had === 'write' && level === 'write' ? 'write' : 'read']];
  });
  return Object.fromEntries(both);
}
