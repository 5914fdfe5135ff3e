/** Whom secrets, variables and hooks belong to (see `SettingOwner`), and with whom an organization shares its own. */
import type { Queries } from './database.ts';
import type { SecretsTable, SettingOwner } from './tables/settings.ts';

export const organizationOwner = (name: string) => `organization:${name.toLowerCase()}` as const;
export const repositoryOwner = (id: number) => `repository:${id}` as const;
export const environmentOwner = (id: number) => `environment:${id}` as const;

export type SettingKind = 'secrets' | 'variables';
/** Which repositories may use an organization's setting; of others nothing is said. */
export type Sharing = Pick<SecretsTable, 'visibility' | 'repositories'>;

/** A setting of a repository or environment. */
export const UNSHARED: Sharing = { visibility: null, repositories: null };

export const sharedWith = (visibility: NonNullable<Sharing['visibility']>, repositoryIds: number[]): Sharing => ({
  visibility,
  repositories: visibility === 'selected' ? JSON.stringify([...new Set(repositoryIds)]) : null,
});

/** Ids of the selected repositories. */
export const selectedRepositories = ({ repositories }: Sharing): number[] =>
  JSON.parse(repositories ?? '[]') as number[];

/** Whether an organization's setting is shared with the repository; its own always is. */
export const isFor = (sharing: Pick<Sharing, 'repositories'>, repositoryId: number): boolean =>
  sharing.repositories === null || (JSON.parse(sharing.repositories) as number[]).includes(repositoryId);

/** @returns undefined when there is no such setting */
export async function findSharing(
  db: Queries,
  kind: SettingKind,
  owner: SettingOwner,
  name: string,
): Promise<Sharing | undefined> {
  return db
    .selectFrom(kind)
    .select(['visibility', 'repositories'])
    .where('owner', '=', owner)
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function setSharing(
  db: Queries,
  kind: SettingKind,
  owner: SettingOwner,
  name: string,
  sharing: Sharing,
): Promise<void> {
  await db.updateTable(kind).set(sharing).where('owner', '=', owner).where('name', '=', name).execute();
}

/** How many secrets or variables somebody has: there are limits (SEM-30). */
export async function countSettings(db: Queries, kind: SettingKind, owner: SettingOwner): Promise<number> {
  const { total } = await db
    .selectFrom(kind)
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('owner', '=', owner)
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** @returns false when there is none of this name */
export async function deleteSetting(
  db: Queries,
  kind: SettingKind,
  owner: SettingOwner,
  name: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom(kind)
    .where('owner', '=', owner)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** All of an owner that goes. */
export async function deleteSettings(db: Queries, owner: SettingOwner): Promise<void> {
  for (const kind of ['secrets', 'variables'] as const) await db.deleteFrom(kind).where('owner', '=', owner).execute();
}
