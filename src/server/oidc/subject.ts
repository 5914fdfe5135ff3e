/** The `sub` of an OIDC token: GitHub's default, or what a repository or its organization has chosen. */

import type { Queries } from '../../store/database.ts';
import { subjectTemplate } from '../../store/oidc.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { organizationOwner, repositoryOwner } from '../../store/setting-owners.ts';
import type { OidcClaims } from './claims.ts';

/** The claims that a subject is made of; null for the default. A repository decides for itself, or follows its organization. */
export async function subjectKeys(
  db: Queries,
  repository: Pick<RepositoryRow, 'id' | 'owner'>,
): Promise<string[] | null> {
  const own = await subjectTemplate(db, repositoryOwner(repository.id));
  if (!own || own.useDefault) return null;
  if (own.claimKeys) return own.claimKeys;
  return (await subjectTemplate(db, organizationOwner(repository.owner)))?.claimKeys ?? null;
}

/** `repo:o/r:environment:production`, or of other claims `name:value:name:value`. */
export function subjectOf(claims: OidcClaims, keys: string[] | null): string {
  return (keys ?? ['repo', 'context']).map((key) => partOf(claims, key)).join(':');
}

function partOf(claims: OidcClaims, key: string): string {
  if (key === 'repo') return `repo:${escaped(claims.repository)}`;
  if (key === 'context') return contextOf(claims);
  return `${key}:${escaped(claims[key])}`;
}

function contextOf({ environment, event_name, ref }: OidcClaims): string {
  if (environment !== undefined) return `environment:${escaped(environment)}`;
  return event_name === 'pull_request' ? 'pull_request' : `ref:${escaped(ref)}`;
}

/** A colon parts claims, so within a value it is written otherwise, as on GitHub. */
const escaped = (value = ''): string => value.replaceAll(':', '%3A');
