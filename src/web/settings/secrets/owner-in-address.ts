import type { SettingOwner } from '../../api/settings-queries.ts';

/** Whose secrets and variables the page's address names; an empty place for nobody's. */
export function readOwner(search: string): SettingOwner {
  const query = new URLSearchParams(search);
  const place = query.get('of')?.trim() ?? '';
  return { place, environment: place.includes('/') ? (query.get('environment') ?? '') : '' };
}

export function ownerAddress({ place, environment }: SettingOwner): string {
  const query = new URLSearchParams();
  if (place !== '') query.set('of', place);
  if (environment !== '') query.set('environment', environment);
  return query.size > 0 ? `/settings/secrets?${query}` : '/settings/secrets';
}
