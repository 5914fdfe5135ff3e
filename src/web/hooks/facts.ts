import type { Hook, HookDelivery } from '../../protocol/dashboard/index.ts';

export type HookState = 'active' | 'failing' | 'off';

/** By the last try: what came before it is history. */
export function hookState({ isActive, lastDelivery }: Hook): HookState {
  if (!isActive) return 'off';
  return lastDelivery && !isTaken(lastDelivery) ? 'failing' : 'active';
}

export const isTaken = ({ status }: HookDelivery): boolean => status === 'OK';

/** `404 Not Found`, or why there was no answer. */
export const answerOf = ({ status, status_code }: HookDelivery): string =>
  status_code === 0 ? status : `${status_code} ${status}`;

export const eventOf = ({ event, action }: HookDelivery): string => (action === null ? event : `${event} ${action}`);

export const placeOf = ({ place }: Hook): string => place ?? 'the whole server';
