import { useId } from 'react';
import type { SettingName } from '../../../protocol/dashboard/index.ts';
import type { SettingKind, SettingOwner } from '../../api/settings-queries.ts';
import { RelativeTime } from '../../components/times.tsx';
import { DialogButton } from '../change-dialog.tsx';
import { RemoveSettingDialog, SetDialog } from './dialogs.tsx';

const words = {
  secrets: { title: 'Secrets', one: 'secret', none: 'No secret. What must stay hidden is kept as one: jobs see it as' },
  variables: {
    title: 'Variables',
    one: 'variable',
    none: 'No variable. Jobs see them, and everybody their values, as',
  },
};

interface SettingNamesProps {
  kind: SettingKind;
  owner: SettingOwner;
  settings: readonly SettingName[];
}

/** Secrets, or variables, of one owner. */
export function SettingNames(props: SettingNamesProps) {
  const { kind, owner, settings } = props;
  const heading = useId();
  const { title, one } = words[kind];
  const names = settings.map(({ name }) => name);
  return (
    <section aria-labelledby={heading}>
      <div className="section-head">
        <h2 id={heading}>
          {title} <span className="muted">{settings.length}</span>
        </h2>
        <DialogButton label={`Set a ${one}`}>
          {(close) => <SetDialog kind={kind} owner={owner} names={names} onClose={close} />}
        </DialogButton>
      </div>
      <Names {...props} />
    </section>
  );
}

function Names({ kind, owner, settings }: SettingNamesProps) {
  const names = settings.map(({ name }) => name);
  if (settings.length === 0) {
    return (
      <p className="muted">
        {words[kind].none} <code>{kind === 'secrets' ? 'secrets.NAME' : 'vars.NAME'}</code>.
      </p>
    );
  }
  return (
    <ul className="list">
      {settings.map(({ name, updated_at }) => (
        <li key={name} className="setting">
          <div className="setting-main">
            <code className="strong" data-key-stop tabIndex={-1}>
              {name}
            </code>{' '}
            <span className="muted small">
              set <RelativeTime at={updated_at} />
            </span>
          </div>
          <div className="setting-actions">
            <DialogButton label="Set anew" name={`Set ${name} anew`}>
              {(close) => <SetDialog kind={kind} owner={owner} names={names} name={name} onClose={close} />}
            </DialogButton>
            <DialogButton label="Remove" name={`Remove ${name}`} variant="danger">
              {(close) => <RemoveSettingDialog kind={kind} owner={owner} name={name} onClose={close} />}
            </DialogButton>
          </div>
        </li>
      ))}
    </ul>
  );
}
