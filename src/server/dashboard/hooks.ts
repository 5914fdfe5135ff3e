import type { FastifyInstance } from 'fastify';
import type { Hook, HookList } from '../../protocol/dashboard/index.ts';
import type { Queries } from '../../store/database.ts';
import {
  allHooks,
  type DeliveryWithMessage,
  type HookRow,
  lastDeliveries,
  waitingMessages,
} from '../../store/hooks.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { deliveryObject } from '../webhooks-out/hook-object.ts';

/** The webhooks of all places at once; what belongs to one hook is in REST. */
export function addHooks(app: FastifyInstance, { db }: ServerContext): void {
  app.get('/hooks', needs('admin', 'people', { place: 'server' }), async (): Promise<HookList> => {
    const waiting = await waitingMessages(db);
    const last = new Map((await lastDeliveries(db)).map((delivery) => [delivery.hook_id, delivery]));
    const hooks: Hook[] = [];
    for (const row of await allHooks(db)) {
      const place = await placeOf(db, row);
      if (place) hooks.push(hookView(row, place, waiting.get(row.id) ?? 0, last.get(row.id)));
    }
    return {
      hooks: hooks.sort((one, other) => (one.place ?? '').localeCompare(other.place ?? '') || one.id - other.id),
    };
  });
}

type ShownPlace = Pick<Hook, 'place' | 'path'>;

async function placeOf(db: Queries, { id, place }: HookRow): Promise<ShownPlace | undefined> {
  if (place === 'enterprise') return { place: null, path: `/api/v3/admin/hooks/${id}` };
  const [kind, of = ''] = place.split(':');
  if (kind === 'organization') return { place: of, path: `/api/v3/orgs/${of}/hooks/${id}` };
  const repository = await findRepositoryById(db, Number(of));
  if (!repository) return undefined;
  const name = `${repository.owner}/${repository.name}`;
  return { place: name, path: `/api/v3/repos/${name}/hooks/${id}` };
}

function hookView(row: HookRow, place: ShownPlace, waiting: number, last: DeliveryWithMessage | undefined): Hook {
  return {
    id: row.id,
    ...place,
    url: row.url,
    events: JSON.parse(row.events) as string[],
    isActive: row.active === 1,
    hasSecret: row.secret !== null,
    waiting,
    lastDelivery: last ? deliveryObject(last) : null,
  };
}
