import { PeopleIcon } from '@primer/octicons-react';
import type { User } from '../../../protocol/dashboard/index.ts';
import { settingsKeys, useUsers } from '../../api/settings-queries.ts';
import { KeyList } from '../../components/key-list.tsx';
import { Blank, Reading } from '../../components/page-state.tsx';
import { RelativeTime } from '../../components/times.tsx';
import { AdministratorsOnly } from '../administrators-only.tsx';
import { ChangeDialog, DialogButton, textOf } from '../change-dialog.tsx';
import { SettingsPage } from '../settings-page.tsx';
import { TextField } from '../text-field.tsx';
import { GrantDialog, RemoveDialog, RevokeDialog, SuspendDialog } from './dialogs.tsx';

/** Who may use the server, and what they may do where. */
export function PeoplePage() {
  return (
    <AdministratorsOnly title="People" what="who may use it, and what they may do where">
      <People />
    </AdministratorsOnly>
  );
}

function People() {
  const read = useUsers();
  const { data } = read;
  return (
    <SettingsPage
      title="People"
      count={data?.users.length}
      head={
        data && (
          <DialogButton label="Add a person" variant="primary">
            {(close) => <AddDialog onClose={close} />}
          </DialogButton>
        )
      }
    >
      <Reading of={read} rows={4} height={72}>
        {({ users }) => <PersonList users={users} />}
      </Reading>
    </SettingsPage>
  );
}

function PersonList({ users }: { users: readonly User[] }) {
  if (users.length === 0) return <Blank icon={<PeopleIcon size={24} />} title="There is nobody" />;
  return (
    <KeyList>
      {users.map((user) => (
        <PersonRow key={user.login} user={user} />
      ))}
    </KeyList>
  );
}

function PersonRow({ user }: { user: User }) {
  const { login, suspendedAt, createdAt, grants } = user;
  return (
    <li className="setting">
      <div className="setting-main">
        <p className="setting-name">
          <span className="strong" data-key-stop tabIndex={-1}>
            {login}
          </span>
          {suspendedAt !== null && <span className="label">suspended</span>}
        </p>
        {grants.length === 0 && <p className="muted small">Sees nothing yet</p>}
        <ul className="grants">
          {grants.map(({ place, access }) => (
            <li key={place}>
              <span className="label">{access}</span> {place === '*' ? 'everything' : place}
              <DialogButton label="Revoke" name={`Revoke ${access} ${place} of ${login}`} variant="invisible">
                {(close) => <RevokeDialog login={login} place={place} onClose={close} />}
              </DialogButton>
            </li>
          ))}
        </ul>
        <p className="row-facts muted">
          added <RelativeTime at={createdAt} />
        </p>
      </div>
      <div className="setting-actions">
        <DialogButton label="Grant" name={`Grant ${login} access`}>
          {(close) => <GrantDialog login={login} onClose={close} />}
        </DialogButton>
        <DialogButton
          label={suspendedAt === null ? 'Suspend' : 'Resume'}
          name={`${suspendedAt === null ? 'Suspend' : 'Resume'} ${login}`}
        >
          {(close) => <SuspendDialog user={user} onClose={close} />}
        </DialogButton>
        <DialogButton label="Remove" name={`Remove ${login}`} variant="danger">
          {(close) => <RemoveDialog login={login} onClose={close} />}
        </DialogButton>
      </div>
    </li>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  return (
    <ChangeDialog
      title="Add a person"
      action={{ label: 'Add', variant: 'primary' }}
      request={(form) => ({ path: '/users', body: { login: textOf(form, 'login') } })}
      changes={settingsKeys.users}
      onClose={onClose}
    >
      <TextField
        name="login"
        label="Name"
        required
        caption="They see nothing until something is granted, and sign in with a token that you make for them."
      />
    </ChangeDialog>
  );
}
