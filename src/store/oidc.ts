import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { OidcKeysTable } from './tables/services.ts';

export type OidcKeyRow = Selectable<OidcKeysTable>;

export async function oidcKeys(db: Queries): Promise<OidcKeyRow[]> {
  return db.selectFrom('oidc_keys').selectAll().orderBy('since').orderBy('id').execute();
}

export async function insertOidcKey(db: Queries, key: OidcKeyRow): Promise<void> {
  await db.insertInto('oidc_keys').values(key).execute();
}

export async function moveOidcKey(db: Queries, id: string, state: OidcKeyRow['state'], since: string): Promise<void> {
  await db.updateTable('oidc_keys').set({ state, since }).where('id', '=', id).execute();
}

export async function deleteOidcKeys(db: Queries, retiredBefore: string): Promise<void> {
  await db.deleteFrom('oidc_keys').where('state', '=', 'retired').where('since', '<', retiredBefore).execute();
}

/** What the subject of tokens is made of. */
export interface SubjectTemplate {
  useDefault: boolean;
  claimKeys: string[] | null;
}

export async function subjectTemplate(db: Queries, owner: string): Promise<SubjectTemplate | undefined> {
  const row = await db.selectFrom('oidc_subjects').selectAll().where('owner', '=', owner).executeTakeFirst();
  if (!row) return undefined;
  const claimKeys = row.claim_keys === null ? null : (JSON.parse(row.claim_keys) as string[]);
  return { useDefault: row.use_default === 1, claimKeys };
}

export async function setSubjectTemplate(db: Queries, owner: string, template: SubjectTemplate): Promise<void> {
  const values = {
    use_default: template.useDefault ? 1 : 0,
    claim_keys: template.claimKeys && JSON.stringify(template.claimKeys),
  };
  await db
    .insertInto('oidc_subjects')
    .values({ owner, ...values })
    .onConflict((conflict) => conflict.column('owner').doUpdateSet(values))
    .execute();
}
