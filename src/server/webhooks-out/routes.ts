/** https://docs.github.com/rest/webhooks */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import {
  addMessage,
  type DeliveryWithMessage,
  deleteHook,
  deliveriesOf,
  findDelivery,
  giveUpMessages,
  type HookRow,
  hooksAt,
  insertHook,
  sendAgain,
  updateHook,
} from '../../store/hooks.ts';
import type { HookPlace } from '../../store/tables/hooks.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from '../github-rest/errors.ts';
import { idOf, onPage } from '../github-rest/requests.ts';
import { messageFor } from './announcer.ts';
import { configObject, deliveryObject, fullDeliveryObject, hookObject } from './hook-object.ts';
import { HOOK_PLACES, type HookPlaceRoute, homeOf } from './places.ts';

/** GitHub's limit for each event of a repository; here for all hooks of a place. */
const MOST_HOOKS = 20;
const ZEN = 'A hook that answers is a hook that works.';

const Events = z.array(z.string().regex(/^(?:\*|[a-z_]{1,60})$/, 'must be the name of an event, or *')).max(100);
const Config = z.looseObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
  content_type: z.enum(['json', 'form']).optional(),
  secret: z.string().max(1_000).optional(),
  insecure_ssl: z.union([z.enum(['0', '1']), z.literal(0), z.literal(1)]).optional(),
});
const NewHook = z.looseObject({
  name: z.literal('web').optional(),
  config: Config,
  events: Events.default(['push']),
  active: z.boolean().default(true),
});
const HookChange = z.looseObject({
  config: Config.optional(),
  events: Events.optional(),
  add_events: Events.optional(),
  remove_events: Events.optional(),
  active: z.boolean().optional(),
});
const DeliveryParams = z.object({ delivery: z.coerce.number().int().positive() });
const DeliveriesQuery = z.object({
  per_page: z.coerce.number().int().min(1).max(100).catch(30),
  cursor: z.coerce.number().int().positive().optional().catch(undefined),
});

/** Hooks of repositories, organizations and the whole server, and the log of what they were told. */
export function hookRoutes(app: FastifyInstance, context: ServerContext): void {
  for (const place of HOOK_PLACES) {
    addHooks(app, context, place);
    addDeliveries(app, context, place);
  }
}

function addHooks(app: FastifyInstance, context: ServerContext, route: HookPlaceRoute): void {
  const { path, need } = route;
  const one = `${path}/:id`;
  app.get(path, need, async (request, reply) => {
    const hooks = await hooksAt(context.db, await route.placeOf(context, request));
    const shown = onPage(context, request, reply, hooks);
    return Promise.all(shown.map((hook) => view(context, hook)));
  });
  app.post(path, need, async (request, reply) => {
    const hook = await create(context, await route.placeOf(context, request), NewHook.parse(request.body));
    reply.code(201);
    return view(context, hook);
  });
  app.get(one, need, async (request) => view(context, await hookOf(context, request, route)));
  app.patch(one, need, async (request) => {
    const hook = await hookOf(context, request, route);
    return view(context, await change(context, hook, HookChange.parse(request.body)));
  });
  app.delete(one, need, async (request, reply) => {
    await deleteHook(context.db, (await hookOf(context, request, route)).id);
    await context.webhooks.reload();
    return reply.code(204).send();
  });
  app.post(`${one}/pings`, need, async (request, reply) => {
    await ping(context, await hookOf(context, request, route));
    return reply.code(204).send();
  });
  if (route.type === 'Global') return;
  app.get(`${one}/config`, need, async (request) => configObject(await hookOf(context, request, route)));
  app.patch(`${one}/config`, need, async (request) => {
    const hook = await hookOf(context, request, route);
    return configObject(await change(context, hook, { config: Config.parse(request.body) }));
  });
}

function addDeliveries(app: FastifyInstance, context: ServerContext, route: HookPlaceRoute): void {
  const base = `${route.path}/:id/deliveries`;
  app.get(base, route.need, async (request, reply) => {
    const hook = await hookOf(context, request, route);
    const { per_page: limit, cursor } = DeliveriesQuery.parse(request.query);
    const rows = await deliveriesOf(context.db, hook.id, { before: cursor, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    if (rows.length > limit) linkNext(context, request, reply, shown);
    return shown.map(deliveryObject);
  });
  app.get(`${base}/:delivery`, route.need, async (request) => {
    const hook = await hookOf(context, request, route);
    return fullDeliveryObject(await deliveryOf(context, request, hook), hook);
  });
  app.post(`${base}/:delivery/attempts`, route.need, async (request, reply) => {
    const hook = await hookOf(context, request, route);
    if (hook.active === 0) throw new UserError('hook-inactive', 'The hook is not active, so nothing is sent to it.');
    const { message_id } = await deliveryOf(context, request, hook);
    await sendAgain(context.db, message_id, isoTime(context.clock.now()));
    context.webhooks.due();
    return reply.code(202).send({});
  });
}

async function view(context: ServerContext, hook: HookRow) {
  const home = await homeOf(context.db, hook);
  if (!home) throw notFoundOnGitHub();
  const [last] = home.type === 'Repository' ? await deliveriesOf(context.db, hook.id, { limit: 1 }) : [];
  return hookObject(home.type, context.settings.publicUrl + home.path, hook, last);
}

async function hookOf(context: ServerContext, request: FastifyRequest, route: HookPlaceRoute): Promise<HookRow> {
  const place = await route.placeOf(context, request);
  const id = idOf(request);
  const hook = (await hooksAt(context.db, place)).find((candidate) => candidate.id === id);
  if (!hook) throw notFoundOnGitHub();
  return hook;
}

async function deliveryOf(
  context: ServerContext,
  request: FastifyRequest,
  hook: HookRow,
): Promise<DeliveryWithMessage> {
  const { data } = DeliveryParams.safeParse(request.params);
  const delivery = data && (await findDelivery(context.db, hook.id, data.delivery));
  if (!delivery) throw notFoundOnGitHub();
  return delivery;
}

async function create(
  context: ServerContext,
  place: HookPlace,
  { config, events, active }: z.infer<typeof NewHook>,
): Promise<HookRow> {
  if (config.url === undefined) throw new UserError('bad-hook', 'A hook needs config.url: where it is to be told.');
  const known = await hooksAt(context.db, place);
  if (known.length >= MOST_HOOKS) throw new UserError('too-many-hooks', `There are ${MOST_HOOKS} hooks here already.`);
  if (known.some(({ url, events: others }) => url === config.url && others === JSON.stringify(events))) {
    throw new UserError('hook-exists', 'Hook already exists on this repository');
  }
  const at = isoTime(context.clock.now());
  const hook = await insertHook(context.db, {
    place,
    url: config.url,
    content_type: config.content_type ?? 'form',
    insecure_ssl: Number(config.insecure_ssl ?? 0),
    secret: config.secret ? context.keys.seal(config.secret) : null,
    events: JSON.stringify(events),
    active: active ? 1 : 0,
    created_at: at,
    updated_at: at,
  });
  await context.webhooks.reload();
  if (active) await ping(context, hook);
  return hook;
}

async function change(
  context: ServerContext,
  hook: HookRow,
  { config = {}, events, add_events = [], remove_events = [], active }: z.infer<typeof HookChange>,
): Promise<HookRow> {
  const before = events ?? (JSON.parse(hook.events) as string[]);
  const wanted = [...new Set([...before, ...add_events])].filter((event) => !remove_events.includes(event));
  const row = await updateHook(context.db, hook.id, {
    url: config.url ?? hook.url,
    content_type: config.content_type ?? hook.content_type,
    insecure_ssl: Number(config.insecure_ssl ?? hook.insecure_ssl),
    // An empty one takes the secret away; one that is not named stays, also where the rest of `config` is new.
    secret: config.secret === undefined ? hook.secret : config.secret ? context.keys.seal(config.secret) : null,
    events: JSON.stringify(wanted),
    active: (active ?? hook.active === 1) ? 1 : 0,
    updated_at: isoTime(context.clock.now()),
  });
  if (row.active === 0) await giveUpMessages(context.db, row.id);
  await context.webhooks.reload();
  return row;
}

/** The first message of a hook, and whenever somebody asks whether it works. */
async function ping(context: ServerContext, hook: HookRow): Promise<void> {
  const payload = { zen: ZEN, hook_id: hook.id, hook: await view(context, hook) };
  const notice = { event: 'ping', repositoryId: null, orderKey: 'ping' };
  await addMessage(context.db, messageFor(hook, notice, payload, isoTime(context.clock.now())));
  context.webhooks.due();
}

/** Deliveries are paged by the last one that was seen. */
function linkNext(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: DeliveryWithMessage[],
): void {
  const url = new URL(request.url, context.settings.publicUrl);
  url.searchParams.set('cursor', String(shown.at(-1)?.id));
  reply.header('link', `<${url}>; rel="next"`);
}
