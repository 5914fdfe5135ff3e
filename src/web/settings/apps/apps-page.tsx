import { AppsIcon } from '@primer/octicons-react';
import type { App, Installation } from '../../../protocol/dashboard/index.ts';
import { useApps } from '../../api/settings-queries.ts';
import { KeyList } from '../../components/key-list.tsx';
import { Blank, Reading } from '../../components/page-state.tsx';
import { RelativeTime } from '../../components/times.tsx';
import { AdministratorsOnly } from '../administrators-only.tsx';
import { DialogButton } from '../change-dialog.tsx';
import { SettingsPage } from '../settings-page.tsx';
import {
  AddKeyDialog,
  InstallDialog,
  NewAppDialog,
  RemoveAppDialog,
  RemoveKeyDialog,
  UninstallDialog,
} from './dialogs.tsx';

/** GitHub Apps: what controllers of runners and bots sign in as, and where each is installed. */
export function AppsPage() {
  return (
    <AdministratorsOnly title="Apps" what="its Apps and where they are installed">
      <Apps />
    </AdministratorsOnly>
  );
}

function Apps() {
  const read = useApps();
  const { data } = read;
  return (
    <SettingsPage
      title="Apps"
      count={data?.apps.length}
      head={
        data && (
          <DialogButton label="New App" variant="primary">
            {(close) => <NewAppDialog onClose={close} />}
          </DialogButton>
        )
      }
    >
      <Reading of={read} rows={3} height={104}>
        {({ apps }) => <AppRows apps={apps} />}
      </Reading>
    </SettingsPage>
  );
}

function AppRows({ apps }: { apps: readonly App[] }) {
  if (apps.length === 0) return <NoApps />;
  return (
    <KeyList>
      {apps.map((app) => (
        <AppRow key={app.id} app={app} />
      ))}
    </KeyList>
  );
}

function AppRow({ app }: { app: App }) {
  const { id, slug, name, clientId, permissions, keys, installations, createdAt } = app;
  return (
    <li className="setting">
      <div className="setting-main">
        <p className="setting-name">
          <span className="strong" data-key-stop tabIndex={-1}>
            {name}
          </span>
          {name !== slug && <code>{slug}</code>}
        </p>
        <p className="row-facts muted">
          App {id} · client id <code>{clientId}</code> · made <RelativeTime at={createdAt} />
        </p>
        <div className="labels">
          {Object.entries(permissions).map(([permission, level]) => (
            <span key={permission} className="label">
              {permission}: {level}
            </span>
          ))}
        </div>
        <ul className="grants">
          {installations.map((installation) => (
            <InstallationRow key={installation.id} slug={slug} installation={installation} />
          ))}
          {keys.map(({ id: key, fingerprint }) => (
            <li key={fingerprint}>
              Key <code>{fingerprint}</code>
              <DialogButton label="Remove" name={`Remove key ${key} of ${slug}`} variant="invisible">
                {(close) => <RemoveKeyDialog slug={slug} id={key} onClose={close} />}
              </DialogButton>
            </li>
          ))}
        </ul>
        {installations.length === 0 && <p className="muted small">Installed nowhere</p>}
        {keys.length === 0 && <p className="muted small">Has no key: nothing can sign in as it</p>}
      </div>
      <div className="setting-actions">
        <DialogButton label="Install" name={`Install ${slug}`}>
          {(close) => <InstallDialog slug={slug} onClose={close} />}
        </DialogButton>
        <DialogButton label="Add a key" name={`Add a key to ${slug}`}>
          {(close) => <AddKeyDialog slug={slug} onClose={close} />}
        </DialogButton>
        <DialogButton label="Remove" name={`Remove ${slug}`} variant="danger">
          {(close) => <RemoveAppDialog slug={slug} onClose={close} />}
        </DialogButton>
      </div>
    </li>
  );
}

function InstallationRow({ slug, installation }: { slug: string; installation: Installation }) {
  const { id, account, repositories } = installation;
  return (
    <li>
      Installation {id} on {repositories === null ? `all of ${account}` : repositories.join(', ')}
      <DialogButton label="Uninstall" name={`Uninstall ${slug} from ${account}`} variant="invisible">
        {(close) => <UninstallDialog slug={slug} account={account} onClose={close} />}
      </DialogButton>
    </li>
  );
}

function NoApps() {
  return (
    <Blank icon={<AppsIcon size={24} />} title="There is no App">
      <p>An App is what a program signs in as that works for nobody in particular, such as a controller of runners.</p>
    </Blank>
  );
}
