import type { Selectable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import type { Queries } from './database.ts';
import type { RepositoryRow } from './repositories.ts';
import { isFor, organizationOwner, repositoryOwner, type Sharing } from './setting-owners.ts';
import type { SecretsTable, SettingOwner } from './tables/settings.ts';

/** What may be told of a secret; values leave only to a job. */
export type SecretFacts = Omit<Selectable<SecretsTable>, 'sealed' | 'owner'>;

export async function listSecrets(db: Queries, owner: SettingOwner): Promise<SecretFacts[]> {
  return db
    .selectFrom('secrets')
    .select(['name', 'created_at', 'updated_at', 'visibility', 'repositories'])
    .where('owner', '=', owner)
    .orderBy('name')
    .execute();
}

/** Sealed values by name that every job of the repository sees: its own win over its organization's (SEM-12.4). */
export async function visibleSecrets(db: Queries, repository: RepositoryRow): Promise<Record<string, string>> {
  const rows = await db
    .selectFrom('secrets')
    .select(['owner', 'name', 'sealed', 'repositories'])
    .where('owner', 'in', [organizationOwner(repository.owner), repositoryOwner(repository.id)])
    // 'organization:…' comes first, so that the repository's overwrite.
    .orderBy('owner')
    .execute();
  const visible = rows.filter((row) => isFor(row, repository.id));
  return Object.fromEntries(visible.map(({ name, sealed }) => [name, sealed]));
}

/** Sealed values by name. */
export async function sealedSecrets(db: Queries, owner: SettingOwner): Promise<Record<string, string>> {
  const rows = await db.selectFrom('secrets').select(['name', 'sealed']).where('owner', '=', owner).execute();
  return Object.fromEntries(rows.map(({ name, sealed }) => [name, sealed]));
}

export async function putSecret(
  db: Queries,
  secret: { owner: SettingOwner; name: string; sealed: string; sharing: Sharing },
  nowMs: number,
): Promise<void> {
  const { owner, name, sealed, sharing } = secret;
  const at = isoTime(nowMs);
  const change = { sealed, updated_at: at, ...sharing };
  await db
    .insertInto('secrets')
    .values({ owner, name, created_at: at, ...change })
    .onConflict((conflict) => conflict.columns(['owner', 'name']).doUpdateSet(change))
    .execute();
}
