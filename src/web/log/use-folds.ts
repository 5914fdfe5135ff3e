import { useCallback, useState } from 'react';
import type { LogStore } from './log-store.ts';
import type { Fold } from './row-map.ts';

interface Folds {
  isFolded: (step: number, line: number) => boolean;
  /** The hidden lines of a step, as far as its groups are known now. */
  of: (step: number) => Fold[];
  toggle: (step: number, line: number) => void;
  /** Unfolds the group that hides a line. */
  reveal: (step: number, line: number) => void;
}

const keyOf = (step: number, line: number): string => `${step}:${line}`;

/** Which groups the user has folded; groups start unfolded, because a log is read by parts and must not jump. */
export function useFolds(store: LogStore): Folds {
  const [folded, setFolded] = useState<ReadonlyMap<string, { step: number; line: number }>>(new Map());

  const unfold = useCallback((step: number, line: number) => {
    setFolded((old) => new Map([...old].filter(([key]) => key !== keyOf(step, line))));
  }, []);

  const of = (step: number): Fold[] =>
    [...folded.values()]
      .filter((group) => group.step === step)
      .map(({ line }) => ({ from: line + 1, to: store.groupEnd(step, line) }))
      .filter(({ from, to }) => to >= from)
      .sort((a, b) => a.from - b.from);

  const toggle = useCallback(
    (step: number, line: number) => {
      if (folded.has(keyOf(step, line))) return unfold(step, line);
      void store.loadGroup(step, line).then(() => {
        setFolded((old) => new Map(old).set(keyOf(step, line), { step, line }));
      });
    },
    [folded, store, unfold],
  );

  const reveal = (step: number, line: number): void => {
    const hiding = of(step).find(({ from, to }) => from <= line && line <= to);
    if (hiding) unfold(step, hiding.from - 1);
  };

  return { isFolded: (step, line) => folded.has(keyOf(step, line)), of, toggle, reveal };
}
