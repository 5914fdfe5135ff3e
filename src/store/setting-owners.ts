import type { SettingOwner } from './schema.ts';

/** Whom secrets and variables belong to; see `SettingOwner`. */
export const organizationOwner = (name: string): SettingOwner => `organization:${name.toLowerCase()}`;
export const repositoryOwner = (id: number): SettingOwner => `repository:${id}`;
export const environmentOwner = (id: number): SettingOwner => `environment:${id}`;

/** Whether an organization's setting is shared with the repository; its own always is. */
export function isFor({ repositories }: { repositories: string | null }, repositoryId: number): boolean {
  return repositories === null || (JSON.parse(repositories) as number[]).includes(repositoryId);
}
