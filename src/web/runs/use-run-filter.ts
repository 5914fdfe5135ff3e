import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { Conclusion, Status } from '../../protocol/dashboard/index.ts';
import type { RunFilter } from '../api/queries.ts';

export const filterStatuses = [
  'queued',
  'pending',
  'waiting',
  'in_progress',
  'success',
  'failure',
  'cancelled',
  'skipped',
  'timed_out',
  'startup_failure',
] as const satisfies readonly (Status | Conclusion)[];

/** The filter in the page's address; what the address says wrongly is left out. */
export function readFilter(search: string): RunFilter {
  const query = new URLSearchParams(search);
  const status = filterStatuses.find((each) => each === query.get('status')) ?? '';
  return { repository: query.get('repository')?.trim() ?? '', status };
}

export function writeFilter({ repository, status }: RunFilter): string {
  const query = new URLSearchParams();
  if (repository !== '') query.set('repository', repository);
  if (status !== '') query.set('status', status);
  return query.size > 0 ? `/?${query}` : '/';
}

export function useRunFilter(): [RunFilter, (filter: RunFilter) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const filter = useMemo(() => readFilter(search), [search]);
  const setFilter = useCallback((next: RunFilter) => navigate(writeFilter(next)), [navigate]);
  return [filter, setFilter];
}
