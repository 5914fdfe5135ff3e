import type { ActFilter } from '../../api/settings-queries.ts';

const names = ['actor', 'action', 'place'] as const;

/** The filter in the page's address. */
export function readActFilter(search: string): ActFilter {
  const query = new URLSearchParams(search);
  const [actor = '', action = '', place = ''] = names.map((name) => query.get(name)?.trim() ?? '');
  return { actor, action, place };
}

export function auditPath(filter: ActFilter): string {
  const query = new URLSearchParams();
  for (const name of names) if (filter[name] !== '') query.set(name, filter[name]);
  return query.size > 0 ? `/settings/audit?${query}` : '/settings/audit';
}
