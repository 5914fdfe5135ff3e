import { LockIcon } from '@primer/octicons-react';
import type { ReactNode } from 'react';
import { useViewer } from '../api/queries.ts';
import { currentToken } from '../api/token.ts';
import { Blank, SkeletonRows } from '../components/page-state.tsx';
import { useTitle } from '../components/use-title.ts';
import { SettingsPage } from './settings-page.tsx';

interface AdministratorsOnlyProps {
  title: string;
  /** What nobody else is shown, in the middle of a sentence. */
  what: string;
  children: ReactNode;
}

/** A page of settings that only administrators of the server may read; others are told so. */
export function AdministratorsOnly({ title, what, children }: AdministratorsOnlyProps) {
  const { data: viewer, isError } = useViewer();
  useTitle(title);
  // Without a token, or when the server does not say, the page's own reading decides.
  const isKnown = viewer !== undefined || isError || currentToken() === null;
  const isOther = viewer?.login != null && !viewer.isAdmin;
  if (isKnown && !isOther) return children;
  return (
    <SettingsPage title={title}>
      {isOther ? (
        <Blank icon={<LockIcon size={24} />} title="For administrators of the server">
          <p>
            {viewer.login} does not administer this server; only those who do see {what}.
          </p>
        </Blank>
      ) : (
        <SkeletonRows rows={4} height={72} />
      )}
    </SettingsPage>
  );
}
