import { Button } from '@primer/react';
import { type ReactNode, useState } from 'react';

/** A linter can make hundreds of annotations; they must not push everything else away. */
const shownAtFirst = 5;

interface FirstItemsProps<T> {
  items: readonly T[];
  /** Makes the `<li>` of an item. */
  children: (item: T, index: number) => ReactNode;
}

/** A list that shows its first items, and all of them when asked. */
export function FirstItems<T>({ items, children }: FirstItemsProps<T>) {
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? items : items.slice(0, shownAtFirst);
  return (
    <>
      <ul className="list">{shown.map(children)}</ul>
      {shown.length < items.length && (
        <div className="more">
          <Button onClick={() => setShowsAll(true)}>Show all {items.length}</Button>
        </div>
      )}
    </>
  );
}
