import { FormControl, Textarea } from '@primer/react';
import { settingsKeys } from '../../api/settings-queries.ts';
import { ChangeDialog, textOf, wordsOf } from '../change-dialog.tsx';
import { TextField } from '../text-field.tsx';

interface AppDialogProps {
  slug: string;
  onClose: () => void;
}

const appPath = (slug: string, ...more: (string | number)[]): string =>
  ['/apps', slug, ...more].map((word, index) => (index === 0 ? word : encodeURIComponent(word))).join('/');

export function NewAppDialog({ onClose }: { onClose: () => void }) {
  return (
    <ChangeDialog
      title="New App"
      action={{ label: 'Make the App', variant: 'primary' }}
      request={(form) => {
        const name = textOf(form, 'name');
        const body = { slug: textOf(form, 'slug'), ...(name !== '' && { name }), permissions: permissionsIn(form) };
        return { path: '/apps', body };
      }}
      changes={settingsKeys.apps}
      onClose={onClose}
    >
      <TextField name="slug" label="Short name" required caption="Lower case, digits and -" />
      <TextField name="name" label="Name for people" />
      <FormControl>
        <FormControl.Label>Permissions</FormControl.Label>
        <Textarea
          name="permissions"
          rows={3}
          resize="vertical"
          placeholder="organization_self_hosted_runners=write"
          block
        />
        <FormControl.Caption>One NAME=read or NAME=write a line, in GitHub's names.</FormControl.Caption>
      </FormControl>
    </ChangeDialog>
  );
}

/** The server says what is wrong with names and levels. @throws Error for a line of another form */
function permissionsIn(form: FormData): Record<string, string> {
  const pairs = wordsOf(form, 'permissions').map((word) => {
    const [name = '', level = '', more] = word.split('=');
    if (name === '' || level === '' || more !== undefined) throw new Error(`"${word}" is not of the form NAME=LEVEL.`);
    return [name, level];
  });
  return Object.fromEntries(pairs);
}

export function InstallDialog({ slug, onClose }: AppDialogProps) {
  return (
    <ChangeDialog
      title={`Install ${slug}`}
      action={{ label: 'Install', variant: 'primary' }}
      request={(form) => {
        const repositories = wordsOf(form, 'repositories');
        const body = { repositories: repositories.length > 0 ? repositories : null };
        return { method: 'PUT', path: appPath(slug, 'installations', textOf(form, 'account')), body };
      }}
      changes={settingsKeys.apps}
      onClose={onClose}
    >
      <TextField name="account" label="Owner" required caption="Whose repositories it may work with." />
      <TextField
        name="repositories"
        label="Only for"
        placeholder="all repositories"
        caption="OWNER/NAME, several with spaces between."
      />
    </ChangeDialog>
  );
}

export function AddKeyDialog({ slug, onClose }: AppDialogProps) {
  return (
    <ChangeDialog
      title={`Add a key to ${slug}`}
      action={{ label: 'Add the key', variant: 'primary' }}
      request={(form) => ({ path: appPath(slug, 'keys'), body: { publicKey: textOf(form, 'publicKey') } })}
      changes={settingsKeys.apps}
      onClose={onClose}
    >
      <FormControl required>
        <FormControl.Label>Public key</FormControl.Label>
        <Textarea name="publicKey" rows={6} resize="vertical" placeholder="-----BEGIN PUBLIC KEY-----" block />
        <FormControl.Caption>
          RSA of at least 2048 bits, in PEM. <code>switchyard app key {slug}</code> makes a pair and keeps the private
          one where it runs.
        </FormControl.Caption>
      </FormControl>
    </ChangeDialog>
  );
}

export function RemoveKeyDialog({ slug, id, onClose }: AppDialogProps & { id: number }) {
  return (
    <ChangeDialog
      title="Remove this key?"
      action={{ label: 'Remove', variant: 'danger' }}
      request={() => ({ method: 'DELETE', path: appPath(slug, 'keys', id) })}
      changes={settingsKeys.apps}
      onClose={onClose}
    >
      <p>Whoever signs in as {slug} with it is refused from now on.</p>
    </ChangeDialog>
  );
}

export function UninstallDialog({ slug, account, onClose }: AppDialogProps & { account: string }) {
  return (
    <ChangeDialog
      title={`Uninstall ${slug}?`}
      action={{ label: 'Uninstall', variant: 'danger' }}
      request={() => ({ method: 'DELETE', path: appPath(slug, 'installations', account) })}
      changes={settingsKeys.apps}
      onClose={onClose}
    >
      <p>It may do nothing with the repositories of {account} any more, and its tokens for them end.</p>
    </ChangeDialog>
  );
}

export function RemoveAppDialog({ slug, onClose }: AppDialogProps) {
  return (
    <ChangeDialog
      title={`Remove ${slug}?`}
      action={{ label: 'Remove', variant: 'danger' }}
      request={() => ({ method: 'DELETE', path: appPath(slug) })}
      changes={settingsKeys.apps}
      onClose={onClose}
    >
      <p>Its keys, installations and their tokens go with it.</p>
    </ChangeDialog>
  );
}
