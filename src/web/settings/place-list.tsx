import { RepoIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import { useRepositories } from '../api/settings-queries.ts';
import { KeyList } from '../components/key-list.tsx';
import { Blank, Reading } from '../components/page-state.tsx';

interface PlaceListProps {
  /** What is to be seen at each. */
  what: string;
  /** Of the page that shows a place. */
  pathOf: (place: string) => string;
  /** Owners stand before their repositories. */
  withOwners?: boolean;
}

/** The repositories that the reader may see, as links: one of them has to be chosen. */
export function PlaceList(props: PlaceListProps) {
  return (
    <Reading of={useRepositories()} rows={6} height={41}>
      {({ repositories }) => <Places {...props} repositories={repositories.map(({ name }) => name)} />}
    </Reading>
  );
}

function Places({ what, pathOf, withOwners = false, repositories }: PlaceListProps & { repositories: string[] }) {
  if (repositories.length === 0) return <NoRepositories />;
  const owners = withOwners ? repositories.map((name) => name.split('/')[0] ?? '') : [];
  return (
    <>
      <p className="muted place-hint">Choose whose {what} to show.</p>
      <KeyList>
        {[...new Set([...owners, ...repositories])].sort().map((place) => (
          <li key={place} className="place">
            <RepoIcon size={16} />
            <Link href={pathOf(place)} data-key-stop>
              {place}
            </Link>
            {!place.includes('/') && <span className="muted small">for all repositories of this owner</span>}
          </li>
        ))}
      </KeyList>
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
