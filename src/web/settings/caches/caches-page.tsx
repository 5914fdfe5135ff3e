import { DatabaseIcon } from '@primer/octicons-react';
import { useLocation, useSearch } from 'wouter';
import type { Cache } from '../../../protocol/dashboard/index.ts';
import { actionsPath, settingsKeys, useCaches } from '../../api/settings-queries.ts';
import { Blank } from '../../components/page-state.tsx';
import { PagedList } from '../../components/paged-list.tsx';
import { RefLabel } from '../../components/ref-label.tsx';
import { RepositoryField } from '../../components/repository-field.tsx';
import { RelativeTime } from '../../components/times.tsx';
import { useTitle } from '../../components/use-title.ts';
import { formatSize } from '../../format/size.ts';
import { ChangeDialog, DialogButton } from '../change-dialog.tsx';
import { PlaceList } from '../place-list.tsx';
import { SettingsPage } from '../settings-page.tsx';

const cachesPath = (repository: string): string =>
  repository === '' ? '/settings/caches' : `/settings/caches?${new URLSearchParams({ repository })}`;

/** What jobs of a repository have kept for later runs. */
export function CachesPage() {
  const repository = new URLSearchParams(useSearch()).get('repository')?.trim() ?? '';
  const [, navigate] = useLocation();
  useTitle(repository === '' ? 'Caches' : `Caches of ${repository}`);
  return (
    <SettingsPage
      title="Caches"
      head={
        <search className="filters">
          <RepositoryField repository={repository} onChange={(next) => navigate(cachesPath(next))} />
        </search>
      }
    >
      {repository === '' ? <PlaceList what="caches" pathOf={cachesPath} /> : <Caches repository={repository} />}
    </SettingsPage>
  );
}

function Caches({ repository }: { repository: string }) {
  const read = useCaches(repository);
  const usage = read.data?.pages.at(-1)?.usage;
  return (
    <PagedList
      of={read}
      itemsOf={({ caches }) => caches}
      rows={6}
      height={64}
      more="More caches"
      none={<NoCaches repository={repository} />}
      head={
        usage && (
          <p className="muted place-hint">
            {usage.active_caches_count} with {formatSize(usage.active_caches_size_in_bytes)} in all, those used last
            first.
          </p>
        )
      }
    >
      {(cache) => <CacheRow key={cache.id} repository={repository} cache={cache} />}
    </PagedList>
  );
}

function CacheRow({ repository, cache }: { repository: string; cache: Cache }) {
  const { id, key, ref, size_in_bytes, last_accessed_at } = cache;
  return (
    <li className="setting">
      <div className="setting-main">
        <code className="strong" data-key-stop tabIndex={-1}>
          {key}
        </code>
        <p className="facts small">
          <RefLabel gitRef={ref} />
          <span>{formatSize(size_in_bytes)}</span>
          <span>
            last used <RelativeTime at={last_accessed_at} />
          </span>
        </p>
      </div>
      <div className="setting-actions">
        <DialogButton label="Delete" name={`Delete ${key} of ${ref}`} variant="danger">
          {(close) => (
            <ChangeDialog
              title="Delete this cache?"
              action={{ label: 'Delete', variant: 'danger' }}
              request={() => ({ method: 'DELETE', path: `${actionsPath(repository)}/caches/${id}` })}
              changes={settingsKeys.caches(repository)}
              onClose={close}
            >
              <p>The next job that looks for {key} does not find it, and makes it anew.</p>
            </ChangeDialog>
          )}
        </DialogButton>
      </div>
    </li>
  );
}

function NoCaches({ repository }: { repository: string }) {
  return (
    <Blank icon={<DatabaseIcon size={24} />} title={`${repository} has no caches`}>
      <p>
        A job keeps what later runs need again with the action <code>actions/cache</code>.
      </p>
    </Blank>
  );
}
