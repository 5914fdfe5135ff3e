import { FormControl, Textarea } from '@primer/react';
import type { Write } from '../../api/client.ts';
import {
  ownerPath,
  type SettingKind,
  type SettingOwner,
  settingsKeys,
  settingsPath,
} from '../../api/settings-queries.ts';
import { ChangeDialog, textOf } from '../change-dialog.tsx';
import { TextField } from '../text-field.tsx';

interface SettingDialogProps {
  kind: SettingKind;
  owner: SettingOwner;
  onClose: () => void;
}

/** @param names those that there are */
export function SetDialog(props: SettingDialogProps & { names: readonly string[]; name?: string }) {
  const { kind, owner, names, name, onClose } = props;
  const request = (form: FormData): Write => {
    const wanted = name ?? textOf(form, 'name');
    // As it is: white space may belong to a key.
    const value = String(form.get('value') ?? '').replaceAll('\r\n', '\n');
    return kind === 'secrets' ? secretWrite(owner, wanted, value) : variableWrite(owner, wanted, value, names);
  };
  return (
    <ChangeDialog
      title={name === undefined ? `Set a ${kind === 'secrets' ? 'secret' : 'variable'}` : `Set ${name} anew`}
      action={{ label: 'Set', variant: 'primary' }}
      request={request}
      changes={settingsKeys.settings(kind, owner)}
      onClose={onClose}
    >
      {name === undefined && (
        <TextField name="name" label="Name" required caption="Letters, digits and _; it is kept in upper case." />
      )}
      <FormControl required>
        <FormControl.Label>Value</FormControl.Label>
        <Textarea name="value" rows={4} resize="vertical" autoComplete="off" spellCheck={false} block />
        {kind === 'secrets' && (
          <FormControl.Caption>It is sealed when it arrives, and cannot be read back.</FormControl.Caption>
        )}
      </FormControl>
    </ChangeDialog>
  );
}

function secretWrite(owner: SettingOwner, name: string, value: string): Write {
  return { method: 'PUT', path: `${ownerPath(owner)}/secrets/${encodeURIComponent(name)}`, body: { value } };
}

function variableWrite(owner: SettingOwner, name: string, value: string, names: readonly string[]): Write {
  const path = settingsPath('variables', owner);
  if (names.includes(name.toUpperCase())) {
    return { method: 'PATCH', path: `${path}/${encodeURIComponent(name)}`, body: { name, value } };
  }
  const visibility = owner.place.includes('/') ? {} : { visibility: 'all' };
  return { path, body: { name, value, ...visibility } };
}

export function RemoveSettingDialog({ kind, owner, name, onClose }: SettingDialogProps & { name: string }) {
  return (
    <ChangeDialog
      title={`Remove ${name}?`}
      action={{ label: 'Remove', variant: 'danger' }}
      request={() => ({ method: 'DELETE', path: `${settingsPath(kind, owner)}/${encodeURIComponent(name)}` })}
      changes={settingsKeys.settings(kind, owner)}
      onClose={onClose}
    >
      <p>Jobs that start from now on do not see it.</p>
    </ChangeDialog>
  );
}
