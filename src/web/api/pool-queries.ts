import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { PoolExplanation, PoolHistory, PoolList } from '../../protocol/dashboard/index.ts';
import { readJson } from './client.ts';

/** The live feed does not tell of pools: who looks at them asks. */
const everyMs = 3_000;
const historyEveryMs = 15_000;

export interface PoolName {
  namespace: string;
  name: string;
}

const pathOf = ({ namespace, name }: PoolName): string =>
  `/pools/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

export function usePools() {
  return useQuery({
    queryKey: ['pools'],
    queryFn: ({ signal }) => readJson<PoolList>('/pools', signal),
    refetchInterval: everyMs,
  });
}

export function usePool(pool: PoolName) {
  return useQuery({
    queryKey: ['pool', pool],
    queryFn: ({ signal }) => readJson<PoolExplanation>(pathOf(pool), signal),
    refetchInterval: everyMs,
  });
}

export function usePoolHistory(pool: PoolName) {
  return useQuery({
    queryKey: ['pool-history', pool],
    queryFn: ({ signal }) => readJson<PoolHistory>(`${pathOf(pool)}/history`, signal),
    refetchInterval: historyEveryMs,
    placeholderData: keepPreviousData,
  });
}
