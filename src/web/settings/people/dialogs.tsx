import type { User } from '../../../protocol/dashboard/index.ts';
import { settingsKeys } from '../../api/settings-queries.ts';
import { AccessField } from '../access-field.tsx';
import { ChangeDialog, textOf } from '../change-dialog.tsx';
import { TextField } from '../text-field.tsx';

interface PersonDialogProps {
  login: string;
  onClose: () => void;
}

const userPath = (login: string): string => `/users/${encodeURIComponent(login)}`;

export function GrantDialog({ login, onClose }: PersonDialogProps) {
  return (
    <ChangeDialog
      title={`Grant ${login} access`}
      action={{ label: 'Grant', variant: 'primary' }}
      request={(form) => ({
        method: 'PUT',
        path: `${userPath(login)}/grants`,
        body: { place: textOf(form, 'place'), access: textOf(form, 'access') },
      })}
      changes={settingsKeys.users}
      onClose={onClose}
    >
      <TextField
        name="place"
        label="Where"
        required
        placeholder="owner/repository"
        caption="OWNER/NAME for a repository, OWNER for all of an owner, * for the whole server."
      />
      <AccessField name="access" label="Access" caption="It replaces what was granted there before." />
    </ChangeDialog>
  );
}

export function RevokeDialog({ login, place, onClose }: PersonDialogProps & { place: string }) {
  return (
    <ChangeDialog
      title="Revoke this grant?"
      action={{ label: 'Revoke', variant: 'danger' }}
      request={() => ({ method: 'DELETE', path: `${userPath(login)}/grants/${encodeURIComponent(place)}` })}
      changes={settingsKeys.users}
      onClose={onClose}
    >
      <p>
        {login} loses what this grant allows at {place === '*' ? 'every place' : place}, also what they are watching.
      </p>
    </ChangeDialog>
  );
}

export function SuspendDialog({ user: { login, suspendedAt }, onClose }: { user: User; onClose: () => void }) {
  const suspended = suspendedAt === null;
  return (
    <ChangeDialog
      title={suspended ? `Suspend ${login}?` : `Resume ${login}?`}
      action={suspended ? { label: 'Suspend', variant: 'danger' } : { label: 'Resume', variant: 'primary' }}
      request={() => ({ method: 'PATCH', path: userPath(login), body: { suspended } })}
      changes={settingsKeys.users}
      onClose={onClose}
    >
      <p>
        {suspended
          ? 'Their tokens open nothing until they are resumed; grants and tokens stay.'
          : 'Their tokens and grants count again.'}
      </p>
    </ChangeDialog>
  );
}

export function RemoveDialog({ login, onClose }: PersonDialogProps) {
  return (
    <ChangeDialog
      title={`Remove ${login}?`}
      action={{ label: 'Remove', variant: 'danger' }}
      request={() => ({ method: 'DELETE', path: userPath(login) })}
      changes={settingsKeys.users}
      onClose={onClose}
    >
      <p>Their grants and tokens go with them. What they did stays in runs and in the audit log.</p>
    </ChangeDialog>
  );
}
