import { RepoIcon } from '@primer/octicons-react';
import { useRef } from 'react';
import { Link } from 'wouter';
import { useRepositories } from '../api/settings-queries.ts';
import { Blank, Failure, SkeletonRows } from '../components/page-state.tsx';
import { useListKeys } from '../components/use-list-keys.ts';

interface PlaceListProps {
  /** What is to be seen at each. */
  what: string;
  /** Of the page that shows a place. */
  pathOf: (place: string) => string;
  /** Owners stand before their repositories. */
  withOwners?: boolean;
}

/** The repositories that the reader may see, as links: one of them has to be chosen. */
export function PlaceList({ what, pathOf, withOwners = false }: PlaceListProps) {
  const { data, error, refetch } = useRepositories();
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  if (!data) {
    if (error) return <Failure error={error} onRetry={() => void refetch()} />;
    return <SkeletonRows rows={6} height={41} />;
  }
  const repositories = data.repositories.map(({ name }) => name);
  if (repositories.length === 0) return <NoRepositories />;
  const owners = withOwners ? repositories.map((name) => name.split('/')[0] ?? '') : [];
  return (
    <>
      <p className="muted place-hint">Choose whose {what} to show.</p>
      <ul ref={list} className="list">
        {[...new Set([...owners, ...repositories])].sort().map((place) => (
          <li key={place} className="place">
            <RepoIcon size={16} />
            <Link href={pathOf(place)} data-key-stop>
              {place}
            </Link>
            {!place.includes('/') && <span className="muted small">for all repositories of this owner</span>}
          </li>
        ))}
      </ul>
    </>
  );
}

function NoRepositories() {
  return (
    <Blank icon={<RepoIcon size={24} />} title="There is no repository that you may see">
      <p>The first push to a new name makes one; an administrator grants access to those of others.</p>
    </Blank>
  );
}
