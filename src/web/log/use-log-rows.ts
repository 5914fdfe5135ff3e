import { useMemo } from 'react';
import type { Step } from '../../protocol/dashboard/index.ts';
import type { LogStore } from './log-store.ts';
import { RowMap } from './row-map.ts';
import { useFolds } from './use-folds.ts';
import { useOpenSteps } from './use-open-steps.ts';

/** The rows of the list, which change with what the user opens and folds, and as the log grows. */
export function useLogRows(store: LogStore, steps: readonly Step[]) {
  const { isOpen, toggle, open } = useOpenSteps(steps);
  const folds = useFolds(store);
  const sections = steps.map(({ number }) => ({
    step: number,
    isOpen: isOpen(number),
    total: store.total(number),
    folds: isOpen(number) ? folds.of(number) : [],
  }));
  const sectionsKey = JSON.stringify(sections);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the sections.
  const rows = useMemo(() => new RowMap(sections), [sectionsKey]);
  return { rows, isOpen, toggle, open, folds };
}
