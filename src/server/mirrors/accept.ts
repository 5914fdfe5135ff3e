/** What a mirror's webhook brings about, once the mirror has what it tells of. */
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { type Delivery, eventsOf } from '../webhooks-in/delivery.ts';

/** @throws UserError for a webhook that means nothing here */
export async function acceptDelivery(context: ServerContext, delivery: Delivery): Promise<void> {
  const found = await eventsOf(context, delivery);
  if ('events' in found) await context.engine.acceptEvents(found.events);
}

/** What the default branch says about schedules and other runs counts from now on. */
export async function branchesMoved(context: ServerContext, repository: RepositoryRow): Promise<void> {
  context.branches.forget(repository.id);
  await context.schedules.synchronize(repository, 'github');
}
