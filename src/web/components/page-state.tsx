import { AlertIcon, SyncIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import type { ReactNode } from 'react';
import { ApiFailure } from '../api/client.ts';

interface FailureProps {
  error: Error;
  onRetry: () => void;
}

const titles: Record<number, string> = { 403: 'You may not see this', 404: 'Not found' };

/** A page that could not be read: what happened, and another try. */
export function Failure({ error, onRetry }: FailureProps) {
  const status = error instanceof ApiFailure ? error.status : 0;
  const hint = error instanceof ApiFailure ? error.hint : undefined;
  return (
    <div className="blank" role="alert">
      <AlertIcon size={24} />
      <h2>{titles[status] ?? 'This could not be loaded'}</h2>
      <p>{error.message}</p>
      {hint && <p className="muted">{hint}</p>}
      <Button leadingVisual={SyncIcon} onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}

/** A page with nothing to show, and what to do about it. */
export function Blank({ icon, title, children }: { icon: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="blank">
      {icon}
      <h2>{title}</h2>
      {children}
    </div>
  );
}

interface ReadingProps<T> {
  of: { data: T | undefined; error: Error | null; refetch: () => unknown };
  /** Those of the grey rows. */
  rows: number;
  height: number;
  /** Shows what was read; also when it could not be read again. */
  children: (data: T) => ReactNode;
}

/** What is read from the server: grey rows until it is there, or why it could not be read. */
export function Reading<T>({ of: { data, error, refetch }, rows, height, children }: ReadingProps<T>) {
  if (data !== undefined) return children(data);
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  return <SkeletonRows rows={rows} height={height} />;
}

/** Grey rows in the size of what is being read, so that nothing jumps when it comes. */
export function SkeletonRows({ rows, height }: { rows: number; height: number }) {
  return (
    <div className="skeleton-rows" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same.
        <div key={row} className="skeleton-row" style={{ height }}>
          <span className="skeleton skeleton-dot" />
          <span className="skeleton skeleton-text" style={{ width: `${30 + ((row * 17) % 35)}%` }} />
        </div>
      ))}
    </div>
  );
}
