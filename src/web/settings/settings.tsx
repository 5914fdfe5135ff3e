import type { ComponentType } from 'react';
import { Redirect } from 'wouter';
import { NoSuchPage } from '../components/no-such-page.tsx';
import { AppsPage } from './apps/apps-page.tsx';
import { AuditPage } from './audit/audit-page.tsx';
import { CachesPage } from './caches/caches-page.tsx';
import { PeoplePage } from './people/people-page.tsx';
import { SecretsPage } from './secrets/secrets-page.tsx';
import { TokensPage } from './tokens/tokens-page.tsx';

const pages = new Map<string, ComponentType>([
  ['tokens', TokensPage],
  ['secrets', SecretsPage],
  ['caches', CachesPage],
  ['people', PeoplePage],
  ['apps', AppsPage],
  ['audit', AuditPage],
]);

/** The pages below `/settings`, loaded together. */
export function Settings({ page }: { page: string | undefined }) {
  if (page === undefined) return <Redirect to="/settings/tokens" replace />;
  const Page = pages.get(page) ?? NoSuchPage;
  return <Page />;
}
