import { KeyIcon } from '@primer/octicons-react';
import type { Token, Viewer } from '../../../protocol/dashboard/index.ts';
import { useViewer } from '../../api/queries.ts';
import { settingsKeys, useTokens } from '../../api/settings-queries.ts';
import { KeyList } from '../../components/key-list.tsx';
import { Blank, Reading } from '../../components/page-state.tsx';
import { Countdown, RelativeTime } from '../../components/times.tsx';
import { useTitle } from '../../components/use-title.ts';
import { ChangeDialog, DialogButton } from '../change-dialog.tsx';
import { SettingsPage } from '../settings-page.tsx';
import { NewTokenDialog } from './new-token-dialog.tsx';

/** Everybody's own tokens; administrators see and end those of all, and make them. */
export function TokensPage() {
  const { data, error, refetch } = useTokens();
  const { data: viewer } = useViewer();
  useTitle('Tokens');
  // Both at once, so that nothing jumps.
  const tokens = viewer && data?.tokens;
  return (
    <SettingsPage title="Tokens" count={tokens?.length} head={tokens && <MakeToken viewer={viewer} />}>
      <Reading of={{ data: tokens, error, refetch }} rows={4} height={72}>
        {(read) => <TokenRows tokens={read} />}
      </Reading>
    </SettingsPage>
  );
}

function MakeToken({ viewer }: { viewer: Viewer }) {
  if (!viewer.isAdmin) return <p className="muted">These are your own; administrators of the server make new ones.</p>;
  return (
    <DialogButton label="New token" variant="primary">
      {(close) => <NewTokenDialog onClose={close} />}
    </DialogButton>
  );
}

function TokenRows({ tokens }: { tokens: readonly Token[] }) {
  if (tokens.length === 0) return <Blank icon={<KeyIcon size={24} />} title="There is no token" />;
  return (
    <KeyList>
      {tokens.map((token) => (
        <TokenRow key={token.id} token={token} />
      ))}
    </KeyList>
  );
}

function TokenRow({ token }: { token: Token }) {
  const { id, user, note, scope, places, createdAt, lastUsedAt } = token;
  return (
    <li className="setting">
      <div className="setting-main">
        <p className="setting-name">
          <span className="strong" data-key-stop tabIndex={-1}>
            {user}
          </span>
          <span className="label">{scope}</span>
          {note !== '' && <span>{note}</span>}
        </p>
        <p className="row-facts muted">
          Token {id} · {places === null ? 'everywhere' : places.join(', ')} · <Expiry token={token} /> · made{' '}
          <RelativeTime at={createdAt} /> ·{' '}
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <RelativeTime at={lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <div className="setting-actions">
        <DialogButton label="Revoke" name={`Revoke token ${id} of ${user}`} variant="danger">
          {(close) => <RevokeDialog token={token} onClose={close} />}
        </DialogButton>
      </div>
    </li>
  );
}

function Expiry({ token: { expiresAt } }: { token: Token }) {
  if (expiresAt === null) return 'never expires';
  if (Date.parse(expiresAt) <= Date.now()) return 'expired';
  return (
    <>
      expires in <Countdown to={expiresAt} />
    </>
  );
}

function RevokeDialog({ token: { id, user, note }, onClose }: { token: Token; onClose: () => void }) {
  return (
    <ChangeDialog
      title={`Revoke token ${id}?`}
      action={{ label: 'Revoke', variant: 'danger' }}
      request={() => ({ method: 'DELETE', path: `/tokens/${id}` })}
      changes={settingsKeys.tokens}
      onClose={onClose}
    >
      <p>
        Whoever works with this token of {user}
        {note === '' ? '' : ` (${note})`} is refused from now on.
      </p>
    </ChangeDialog>
  );
}
