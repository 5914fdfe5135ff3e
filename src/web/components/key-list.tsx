import { type ReactNode, useRef } from 'react';
import { useListKeys } from './use-list-keys.ts';

interface KeyListProps {
  /** What is shown is of another filter, until this one's is read. */
  isStale?: boolean;
  /** Each with an element that is marked `data-key-stop`. */
  children: ReactNode;
}

/** A list through which `j` and `k` move the focus. */
export function KeyList({ isStale = false, children }: KeyListProps) {
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  return (
    <ul ref={list} className={isStale ? 'list stale' : 'list'}>
      {children}
    </ul>
  );
}
