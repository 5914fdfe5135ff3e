import { useDeferredValue, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { LogStore } from './log-store.ts';
import { findMatches, type Match } from './search.ts';

export interface LogSearch {
  query: string;
  setQuery: (query: string) => void;
  matches: readonly Match[];
  /** Place of the match shown now, from 0; -1 before the first jump. */
  current: number;
  /** Goes on by `step` matches, round the ends. */
  move: (step: 1 | -1) => Match | undefined;
}

/** Search in the whole log: reads all lines once something is looked for. */
export function useSearch(store: LogStore, steps: readonly number[]): LogSearch {
  const [query, setQueryText] = useState('');
  const [current, setCurrent] = useState(-1);
  const version = useSyncExternalStore(store.subscribe, store.version);
  const late = useDeferredValue(query);
  const lateVersion = useDeferredValue(version);
  const stepList = steps.join(' ');

  useEffect(() => {
    if (late === '') return;
    const leaving = new AbortController();
    void store.loadAll(stepList.split(' ').map(Number), leaving.signal);
    return () => leaving.abort();
  }, [store, late, stepList]);

  const matches = useMemo(() => {
    // A new version brings new lines.
    void lateVersion;
    return late === '' ? [] : findMatches(store, stepList.split(' ').map(Number), late);
  }, [store, late, lateVersion, stepList]);

  return {
    query,
    setQuery(text) {
      setQueryText(text);
      setCurrent(-1);
    },
    matches,
    current,
    move(step) {
      if (matches.length === 0) return undefined;
      const from = current < 0 && step < 0 ? 0 : current;
      const next = (from + step + matches.length) % matches.length;
      setCurrent(next);
      return matches[next];
    },
  };
}
