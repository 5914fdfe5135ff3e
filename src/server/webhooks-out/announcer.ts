import { newGuid } from '../../common/ids.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Database, Queries } from '../../store/database.ts';
import { addMessage, allHooks, type HookRow } from '../../store/hooks.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import { organizationOwner, repositoryOwner } from '../../store/setting-owners.ts';
import type { Announce } from '../engine/news.ts';
import { type Notice, noticesOf } from './payloads.ts';

export interface AnnouncerOptions {
  publicUrl: () => string;
  /** Messages were stored and committed. */
  due: () => void;
}

/**
 * Puts what happened in the outbox of every hook that wants it, in the transaction in which it happened: nothing is told
 * that was not committed, and no stop of the server loses it. Costs nothing where no hook listens.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  #active: HookRow[] = [];

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** To be called at the start, and after a hook was made, changed or deleted. */
  async reload(db: Database): Promise<void> {
    this.#active = (await allHooks(db)).filter(({ active }) => active === 1);
  }

  readonly announce: Announce = async (unit, news) => {
    if (this.#active.length === 0) return;
    let isToldToAny = false;
    for (const one of news) {
      for (const notice of noticesOf(unit.db, this.#options.publicUrl(), one)) {
        isToldToAny = (await this.#tell(unit.db, unit.at, notice)) || isToldToAny;
      }
    }
    if (isToldToAny) unit.afterCommit(this.#options.due);
  };

  async #tell(db: Queries, at: string, notice: Notice): Promise<boolean> {
    const hooks = await this.#hooksFor(db, notice);
    const payload = hooks.length > 0 ? await notice.payload() : undefined;
    if (!payload) return false;
    for (const hook of hooks) await addMessage(db, messageFor(hook, notice, payload, at));
    return true;
  }

  async #hooksFor(db: Queries, { event, repositoryId }: Notice): Promise<HookRow[]> {
    const interested = this.#active.filter((hook) => wants(hook, event));
    if (interested.length === 0) return [];
    const repository = await findRepositoryById(db, repositoryId);
    const places = ['enterprise', repositoryOwner(repositoryId), organizationOwner(repository?.owner ?? '')];
    return interested.filter(({ place }) => places.includes(place));
  }
}

const wants = ({ events }: HookRow, event: string): boolean => {
  const names = JSON.parse(events) as string[];
  return names.includes('*') || names.includes(event);
};

/** @param at ISO time */
export function messageFor(
  hook: Pick<HookRow, 'id'>,
  { event, repositoryId, orderKey }: Pick<Notice, 'event' | 'orderKey'> & { repositoryId: number | null },
  payload: Record<string, Json>,
  at: string,
) {
  return {
    hook_id: hook.id,
    guid: newGuid(),
    event,
    action: typeof payload.action === 'string' ? payload.action : null,
    repository_id: repositoryId,
    order_key: orderKey,
    payload: JSON.stringify(payload),
    state: 'pending' as const,
    next_at: at,
    created_at: at,
  };
}
