import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound } from '../../common/errors.ts';
import type {
  Conclusion,
  ReceivedEvent,
  ReceivedEventList,
  ScheduleList,
  Status,
} from '../../protocol/dashboard/index.ts';
import { type EventQuery, type EventWithRepository, queryEvents, runsOfEvents } from '../../store/events.ts';
import { findRepository } from '../../store/repositories.ts';
import { listSchedules } from '../../store/schedules.ts';
import { visibleRepositories } from '../auth/callers.ts';
import type { ServerContext } from '../context.ts';

const Id = z.coerce.number().int().positive();
const RepositoryQuery = z.object({ repository: z.string().optional() });
const ListQuery = RepositoryQuery.extend({
  before: Id.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const PAGE = { config: { access: 'page', place: 'checked-by-handler' } } as const;

/** Events that were taken in, and those that will come by themselves. */
export function addReceivedEvents(app: FastifyInstance, context: ServerContext): void {
  app.get('/received-events', PAGE, async ({ query, caller }): Promise<ReceivedEventList> => {
    const { repository, ...page } = ListQuery.parse(query);
    const rest = { ...page, visible: visibleRepositories(caller) };
    const found = await repositoryId(context, repository);
    return { events: found === null ? [] : await receivedEvents(context, { ...rest, repositoryId: found }) };
  });
  app.get('/received-events/:id', PAGE, async ({ params, caller }): Promise<ReceivedEvent> => {
    const { id } = z.object({ id: Id }).parse(params);
    const [event] = await receivedEvents(context, { id, limit: 1, visible: visibleRepositories(caller) });
    if (!event) throw notFound(`Event ${id}`);
    return event;
  });
  app.get('/schedules', PAGE, async ({ query, caller }): Promise<ScheduleList> => {
    const found = await repositoryId(context, RepositoryQuery.parse(query).repository);
    const rows = found === null ? [] : await listSchedules(context.db, found, visibleRepositories(caller));
    return {
      schedules: rows.map(({ owner, repository_name, path, cron, timezone, actor, next_at }) => ({
        repository: `${owner}/${repository_name}`,
        path,
        cron,
        timezone: timezone || null,
        actor,
        nextAt: next_at,
      })),
    };
  });
}

/** Undefined: of all; null: there is none of this name. */
async function repositoryId({ db }: ServerContext, name: string | undefined): Promise<number | undefined | null> {
  if (name === undefined) return undefined;
  const [owner = '', repository = ''] = name.split('/');
  return (await findRepository(db, owner, repository))?.id ?? null;
}

export async function receivedEvents({ db }: Pick<ServerContext, 'db'>, query: EventQuery): Promise<ReceivedEvent[]> {
  const rows = await queryEvents(db, query);
  const runs = await runsOfEvents(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) =>
    eventView(
      row,
      runs.filter(({ event_id }) => event_id === row.id),
    ),
  );
}

function eventView(row: EventWithRepository, runs: Awaited<ReturnType<typeof runsOfEvents>>): ReceivedEvent {
  return {
    id: row.id,
    repository: `${row.owner}/${row.repository_name}`,
    name: row.name,
    activity: row.activity,
    ref: row.ref,
    sha: row.sha,
    actor: row.actor,
    acceptedAt: row.accepted_at,
    runs: runs.map(({ id, run_number: number, workflow, status, conclusion }) => ({
      id,
      number,
      workflow,
      status: status as Status,
      conclusion: conclusion as Conclusion | null,
    })),
    notStarted: JSON.parse(row.not_started),
  };
}
