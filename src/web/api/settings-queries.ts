import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type {
  Act,
  ActList,
  AppList,
  Cache,
  CacheList,
  CacheUsage,
  EnvironmentList,
  RepositoryList,
  SecretList,
  SettingName,
  TokenList,
  UserList,
  VariableList,
} from '../../protocol/dashboard/index.ts';
import { readJson } from './client.ts';

export const actsPerPage = 50;
export const cachesPerPage = 30;
/** The most that REST gives at once. */
const settingsPerPage = 100;

/** The live feed does not tell of what is here: who comes back reads anew. */
const reread = { staleTime: 0 };

/** Whose secrets and variables: of a repository, of an environment of it, or of an owner. */
export interface SettingOwner {
  /** `owner` or `owner/name`. */
  place: string;
  /** Of a repository; empty for none. */
  environment: string;
}

export interface ActFilter {
  actor: string;
  action: string;
  place: string;
}

export const settingsKeys = {
  users: ['users'] as const,
  tokens: ['tokens'] as const,
  apps: ['apps'] as const,
  acts: (filter: ActFilter) => ['acts', filter] as const,
  repositories: ['repositories'] as const,
  environments: (repository: string) => ['environments', repository] as const,
  settings: (kind: SettingKind, owner: SettingOwner) => ['settings', kind, owner] as const,
  /** Without a repository: those of all. */
  caches: (repository?: string) => (repository === undefined ? ['caches'] : ['caches', repository]),
};

export function useUsers(enabled = true) {
  return useQuery({
    ...reread,
    queryKey: settingsKeys.users,
    queryFn: ({ signal }) => readJson<UserList>('/users', signal),
    enabled,
  });
}

export function useTokens() {
  return useQuery({
    ...reread,
    queryKey: settingsKeys.tokens,
    queryFn: ({ signal }) => readJson<TokenList>('/tokens', signal),
  });
}

export function useApps() {
  return useQuery({
    ...reread,
    queryKey: settingsKeys.apps,
    queryFn: ({ signal }) => readJson<AppList>('/apps', signal),
  });
}

export function useRepositories() {
  return useQuery({
    ...reread,
    queryKey: settingsKeys.repositories,
    queryFn: ({ signal }) => readJson<RepositoryList>('/repositories', signal),
  });
}

interface ActPage {
  acts: Act[];
  /** Id to read before for the next page. */
  next: number | null;
}

async function readActs(filter: ActFilter, before: number | null, signal: AbortSignal): Promise<ActPage> {
  const query = new URLSearchParams({ limit: String(actsPerPage) });
  for (const [name, value] of Object.entries(filter)) if (value !== '') query.set(name, value);
  if (before !== null) query.set('before', String(before));
  const { acts } = await readJson<ActList>(`/audit?${query}`, signal);
  return { acts, next: acts.length < actsPerPage ? null : (acts.at(-1)?.id ?? null) };
}

export function useActs(filter: ActFilter) {
  return useInfiniteQuery({
    ...reread,
    queryKey: settingsKeys.acts(filter),
    queryFn: ({ pageParam, signal }) => readActs(filter, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page: ActPage) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** `/repos/owner/name` or `/orgs/owner`, the same in REST and in our own API. */
export function ownerPath({ place, environment }: SettingOwner): string {
  const words = place.split('/').map(encodeURIComponent).join('/');
  if (!place.includes('/')) return `/orgs/${words}`;
  return environment === '' ? `/repos/${words}` : `/repos/${words}/environments/${encodeURIComponent(environment)}`;
}

export type SettingKind = 'secrets' | 'variables';

/** In REST. GitHub has `actions` in the paths of all but environments. */
export function settingsPath(kind: SettingKind, owner: SettingOwner): string {
  return `/api/v3${ownerPath(owner)}${owner.environment === '' ? '/actions' : ''}/${kind}`;
}

/** All of them; of variables without the values. */
async function readSettings(kind: SettingKind, owner: SettingOwner, signal: AbortSignal): Promise<SettingName[]> {
  const all: SettingName[] = [];
  for (let page = 1; ; page++) {
    const path = `${settingsPath(kind, owner)}?per_page=${settingsPerPage}&page=${page}`;
    const answer = await readJson<Partial<SecretList & VariableList>>(path, signal);
    const found = answer[kind] ?? [];
    all.push(...found.map(({ name, updated_at }) => ({ name, updated_at })));
    if (found.length < settingsPerPage) return all;
  }
}

export function useSettings(kind: SettingKind, owner: SettingOwner) {
  return useQuery({
    ...reread,
    queryKey: settingsKeys.settings(kind, owner),
    queryFn: ({ signal }) => readSettings(kind, owner, signal),
  });
}

/** @param repository empty for none, which has no environments */
export function useEnvironments(repository: string) {
  const path = `/api/v3${ownerPath({ place: repository, environment: '' })}/environments?per_page=100`;
  return useQuery({
    ...reread,
    queryKey: settingsKeys.environments(repository),
    queryFn: ({ signal }) => readJson<EnvironmentList>(path, signal),
    enabled: repository !== '',
  });
}

interface CachePage {
  caches: Cache[];
  usage: CacheUsage;
  /** Number of the next page. */
  next: number | null;
}

/** Of the repository, in REST. */
export const actionsPath = (repository: string): string =>
  `/api/v3${ownerPath({ place: repository, environment: '' })}/actions`;

async function readCaches(repository: string, page: number, signal: AbortSignal): Promise<CachePage> {
  const actions = actionsPath(repository);
  const [{ actions_caches: caches }, usage] = await Promise.all([
    readJson<CacheList>(`${actions}/caches?per_page=${cachesPerPage}&page=${page}`, signal),
    readJson<CacheUsage>(`${actions}/cache/usage`, signal),
  ]);
  return { caches, usage, next: caches.length < cachesPerPage ? null : page + 1 };
}

/** Those that were used last first. */
export function useCaches(repository: string) {
  return useInfiniteQuery({
    ...reread,
    queryKey: settingsKeys.caches(repository),
    queryFn: ({ pageParam, signal }) => readCaches(repository, pageParam, signal),
    initialPageParam: 1,
    getNextPageParam: (page: CachePage) => page.next,
  });
}
