/** What a person's token may do where: the least of its own scope, its own places, and what the person was given. */
import type { Grant } from '../../store/people.ts';
import type { AccessLevel } from '../../store/tables/people.ts';
import type { Visible } from '../../store/visibility.ts';
import { covers, EVERYWHERE, type Place } from './places.ts';

export interface Reach {
  /** The most that the token may do anywhere. */
  scope: AccessLevel;
  /** Where the token may do anything; null for everywhere. */
  places: Place[] | null;
  grants: Grant[];
}

const LEVELS: AccessLevel[] = ['read', 'write', 'admin'];

export const includes = (held: AccessLevel | undefined, wanted: AccessLevel): boolean =>
  held !== undefined && LEVELS.indexOf(held) >= LEVELS.indexOf(wanted);

/** @returns undefined when it may not even see the place */
export function accessAt({ scope, places, grants }: Reach, place: Place): AccessLevel | undefined {
  if (places && !places.some((one) => covers(one, place))) return undefined;
  const granted = grants.filter((grant) => covers(grant.place, place)).map(({ access }) => access);
  const most = LEVELS.findLast((level) => granted.includes(level));
  return most && (includes(scope, most) ? most : scope);
}

/** Repositories that it may at least read. */
export function visibleTo({ places, grants }: Reach): Visible {
  const seen = new Set<Place>();
  for (const { place } of grants) {
    for (const limit of places ?? [EVERYWHERE]) {
      if (covers(limit, place)) seen.add(place);
      else if (covers(place, limit)) seen.add(limit);
    }
  }
  return seen.has(EVERYWHERE) ? 'all' : [...seen];
}
