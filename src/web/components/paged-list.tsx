import { Button } from '@primer/react';
import type { ReactNode } from 'react';
import { KeyList } from './key-list.tsx';
import { Reading } from './page-state.tsx';

interface PagedListProps<Page, Item> {
  of: {
    data: { pages: readonly Page[] } | undefined;
    error: Error | null;
    refetch: () => unknown;
    hasNextPage: boolean;
    fetchNextPage: () => unknown;
    isFetchingNextPage: boolean;
    isPlaceholderData: boolean;
  };
  itemsOf: (page: Page) => readonly Item[];
  /** Of the grey rows before the first page. */
  rows: number;
  height: number;
  /** Says what the next page has. */
  more: string;
  /** In place of a list without items. */
  none: ReactNode;
  /** Above the items. */
  head?: ReactNode;
  children: (item: Item) => ReactNode;
}

/** A list that is read page by page, as the reader asks for more. */
export function PagedList<Page, Item>(props: PagedListProps<Page, Item>) {
  const { of, itemsOf, rows, height, more, none, head, children } = props;
  const shown = (pages: readonly Page[]): ReactNode => {
    const items = pages.flatMap(itemsOf);
    if (items.length === 0) return none;
    return (
      <>
        {head}
        <KeyList isStale={of.isPlaceholderData}>{items.map(children)}</KeyList>
        {of.hasNextPage && (
          <div className="more">
            <Button onClick={() => void of.fetchNextPage()} loading={of.isFetchingNextPage}>
              {more}
            </Button>
          </div>
        )}
      </>
    );
  };
  return (
    <Reading of={of} rows={rows} height={height}>
      {({ pages }) => shown(pages)}
    </Reading>
  );
}
