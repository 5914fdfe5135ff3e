import { DatabaseIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useRef } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { Cache } from '../../../protocol/dashboard/index.ts';
import { actionsPath, settingsKeys, useCaches } from '../../api/settings-queries.ts';
import { Blank, Failure, SkeletonRows } from '../../components/page-state.tsx';
import { RefLabel } from '../../components/ref-label.tsx';
import { RepositoryField } from '../../components/repository-field.tsx';
import { RelativeTime } from '../../components/times.tsx';
import { useListKeys } from '../../components/use-list-keys.ts';
import { useTitle } from '../../components/use-title.ts';
import { formatSize } from '../../format/size.ts';
import { ChangeDialog, DialogButton } from '../change-dialog.tsx';
import { PlaceList } from '../place-list.tsx';
import { SettingsTabs } from '../tabs.tsx';

const cachesPath = (repository: string): string =>
  repository === '' ? '/settings/caches' : `/settings/caches?${new URLSearchParams({ repository })}`;

/** What jobs of a repository have kept for later runs. */
export function CachesPage() {
  const repository = new URLSearchParams(useSearch()).get('repository')?.trim() ?? '';
  const [, navigate] = useLocation();
  useTitle(repository === '' ? 'Caches' : `Caches of ${repository}`);
  return (
    <div className="page">
      <SettingsTabs />
      <div className="page-head">
        <h1>Caches</h1>
        <search className="filters">
          <RepositoryField repository={repository} onChange={(next) => navigate(cachesPath(next))} />
        </search>
      </div>
      {repository === '' ? <PlaceList what="caches" pathOf={cachesPath} /> : <Caches repository={repository} />}
    </div>
  );
}

function Caches({ repository }: { repository: string }) {
  const read = useCaches(repository);
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  if (!read.data) {
    if (read.error) return <Failure error={read.error} onRetry={() => void read.refetch()} />;
    return <SkeletonRows rows={6} height={64} />;
  }
  const caches = read.data.pages.flatMap((page) => page.caches);
  if (caches.length === 0) return <NoCaches repository={repository} />;
  const usage = read.data.pages.at(-1)?.usage;
  return (
    <>
      {usage && (
        <p className="muted place-hint">
          {usage.active_caches_count} with {formatSize(usage.active_caches_size_in_bytes)} in all, those used last
          first.
        </p>
      )}
      <ul ref={list} className="list">
        {caches.map((cache) => (
          <CacheRow key={cache.id} repository={repository} cache={cache} />
        ))}
      </ul>
      {read.hasNextPage && (
        <div className="more">
          <Button onClick={() => void read.fetchNextPage()} loading={read.isFetchingNextPage}>
            More caches
          </Button>
        </div>
      )}
    </>
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
