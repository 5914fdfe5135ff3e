import type { FastifyInstance } from 'fastify';
import type { Hook, HookList } from '../../protocol/dashboard/index.ts';
import {
  allHooks,
  type DeliveryWithMessage,
  type HookRow,
  lastDeliveries,
  waitingMessages,
} from '../../store/hooks.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { deliveryObject } from '../webhooks-out/hook-object.ts';
import { type HookHome, homeOf } from '../webhooks-out/places.ts';

/** The webhooks of all places at once; what belongs to one hook is in REST. */
export function addHooks(app: FastifyInstance, { db }: ServerContext): void {
  app.get('/hooks', needs('admin', 'people', { place: 'server' }), async (): Promise<HookList> => {
    const waiting = await waitingMessages(db);
    const last = new Map((await lastDeliveries(db)).map((delivery) => [delivery.hook_id, delivery]));
    const hooks: Hook[] = [];
    for (const row of await allHooks(db)) {
      const home = await homeOf(db, row);
      if (home) hooks.push(hookView(row, home, waiting.get(row.id) ?? 0, last.get(row.id)));
    }
    return {
      hooks: hooks.sort((one, other) => (one.place ?? '').localeCompare(other.place ?? '') || one.id - other.id),
    };
  });
}

function hookView(
  row: HookRow,
  { place, path }: HookHome,
  waiting: number,
  last: DeliveryWithMessage | undefined,
): Hook {
  return {
    id: row.id,
    place,
    path,
    url: row.url,
    events: JSON.parse(row.events) as string[],
    isActive: row.active === 1,
    hasSecret: row.secret !== null,
    waiting,
    lastDelivery: last ? deliveryObject(last) : null,
  };
}
