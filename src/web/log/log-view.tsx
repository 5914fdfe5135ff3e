import { Button } from '@primer/react';
import {
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Step } from '../../protocol/dashboard/index.ts';
import { useListKeys } from '../components/use-list-keys.ts';
import { useLineLink } from './line-link.ts';
import { LineRow, StepRow } from './log-rows.tsx';
import type { LogStore } from './log-store.ts';
import { LogToolbar } from './log-toolbar.tsx';
import { readVisible } from './read-visible.ts';
import type { Row } from './row-map.ts';
import { useFollow } from './use-follow.ts';
import { useLogRows } from './use-log-rows.ts';
import { useLogVirtualizer } from './use-log-virtualizer.ts';
import { useSearch } from './use-search.ts';

interface LogViewProps {
  steps: readonly Step[];
  isRunning: boolean;
  store: LogStore;
  /** More for the toolbar. */
  children?: ReactNode;
}

/** The steps of a job and their logs as one list, of which only the rows in view exist. */
export function LogView({ steps, isRunning, store, children }: LogViewProps) {
  useSyncExternalStore(store.subscribe, store.version);
  const [withTime, setWithTime] = useState(false);
  const link = useLineLink();
  const { follow, setFollow, isUserScrolling } = useFollow(isRunning, !link.target);
  const { rows, isOpen, toggle, open, folds } = useLogRows(store, steps);
  const byNumber = useMemo(() => new Map(steps.map((step) => [step.number, step])), [steps]);
  const search = useSearch(
    store,
    useMemo(() => [...byNumber.keys()], [byNumber]),
  );
  const list = useRef<HTMLDivElement>(null);
  useListKeys(list);
  const { virtualizer, items, top, stuck } = useLogVirtualizer(rows, list);

  // After every render: the view has moved, or a page that came lets the next one be read.
  useEffect(() => {
    readVisible(
      store,
      rows,
      items.map(({ index }) => index),
    );
  });

  // Goes to the line in the address as soon as its step is open and its row is known.
  useEffect(() => {
    if (!link.isPending || !link.target || top === 0) return;
    const { step, line } = link.target;
    if (!byNumber.has(step)) return;
    if (!isOpen(step)) return open(step);
    if (line !== undefined) folds.reveal(step, line);
    const row = rows.rowOf(step, line);
    if (row === undefined) return;
    setFollow(false);
    virtualizer.scrollToIndex(row, { align: line === undefined ? 'start' : 'center' });
    link.arrived();
  });

  const running = steps.find(({ status }) => status === 'in_progress')?.number;
  const tail = running === undefined ? rows.count - 1 : rows.rowOf(running, store.total(running) || undefined);
  useLayoutEffect(() => {
    if (follow && tail !== undefined && tail >= 0) virtualizer.scrollToIndex(tail, { align: 'end' });
  }, [follow, tail, virtualizer]);
  // After every render: a scroll that ended short of a tail that had moved on is made again.
  useEffect(() => {
    if (follow && !isUserScrolling() && tail !== undefined && (virtualizer.range?.endIndex ?? tail) < tail) {
      virtualizer.scrollToIndex(tail, { align: 'end' });
    }
  });

  const chooseLine = useCallback((step: number, line: number) => link.choose({ step, line }), [link.choose]);
  const moveMatch = (by: 1 | -1) => {
    const match = search.move(by);
    if (match) link.goTo(match);
  };

  const content = (row: Row) => {
    const step = byNumber.get(row.step);
    const line = row.kind === 'line' ? row.line : undefined;
    const isTarget = link.target?.step === row.step && link.target.line === line;
    if (row.kind === 'step') {
      return step && <StepRow step={step} isOpen={isOpen(row.step)} isTarget={isTarget} onToggle={toggle} />;
    }
    if (row.kind === 'empty') {
      return <p className="log-empty muted">{step?.status === 'completed' ? 'No output.' : 'No output yet.'}</p>;
    }
    return (
      <LineRow
        step={row.step}
        number={row.line}
        line={store.line(row.step, row.line)}
        query={search.query}
        isTarget={isTarget}
        isFolded={folds.isFolded(row.step, row.line)}
        withTime={withTime}
        onChoose={chooseLine}
        onFold={folds.toggle}
      />
    );
  };

  return (
    <section className="log" aria-label="Steps">
      <LogToolbar
        search={search}
        onMove={moveMatch}
        withTime={withTime}
        onWithTime={setWithTime}
        follow={follow}
        canFollow={isRunning}
        onFollow={setFollow}
      >
        {children}
      </LogToolbar>
      {store.failure && <LogFailure error={store.failure} onRetry={() => store.retry()} />}
      <div ref={list} className="log-list" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ key, index, start }) => (
          <div
            key={Number(key)}
            ref={virtualizer.measureElement}
            data-index={index}
            className={index === stuck ? 'log-row is-stuck' : 'log-row'}
            style={index === stuck ? undefined : { transform: `translateY(${start - top}px)` }}
          >
            {content(rows.at(index))}
          </div>
        ))}
      </div>
    </section>
  );
}

function LogFailure({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <p className="log-failure" role="alert">
      The log could not be read: {error.message}{' '}
      <Button size="small" onClick={onRetry}>
        Try again
      </Button>
    </p>
  );
}
