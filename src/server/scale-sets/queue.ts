/** Sessions of scale sets and their queues of messages (runner-protocol 10.3). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import {
  AcquireJobsRequest,
  SCALE_SETS_PATH,
  type ScaleSetMessage,
  type ScaleSetSession,
  ScaleSetSessionRequest,
} from '../../protocol/github/scale-sets.ts';
import { softly } from '../../store/database.ts';
import {
  addScaleSetItems,
  allScaleSets,
  deleteScaleSetItemsUpTo,
  deleteScaleSetSession,
  replaceScaleSetSession,
  type ScaleSetRow,
  type ScaleSetSessionRow,
  scaleSetItemsAfter,
  sessionOfScaleSet,
} from '../../store/scale-sets.ts';
import { issueScaleSetQueueToken } from '../auth/jwt.ts';
import type { ServerContext } from '../context.ts';
import { scaleSetObject } from './objects.ts';
import { ADMIN, listOf, setOf } from './requests.ts';

/** As the service does (runner-protocol 10.3). */
const ITEMS_PER_MESSAGE = 50;

const SessionParams = z.object({ session: z.string() });
const MessageParams = z.object({ message: z.coerce.number().int().positive() });
const MessageQuery = z.looseObject({ lastMessageId: z.coerce.number().int().min(0).default(0) });
const Capacity = z.coerce.number().int().min(0).optional().catch(undefined);

const QUEUE = { config: { access: 'scale-set-queue' } } as const;

export function queueRoutes(app: FastifyInstance, context: ServerContext): void {
  const { engine, db } = context;
  const base = `${SCALE_SETS_PATH}/:id`;
  app.post(`${base}/sessions`, ADMIN, async (request) => {
    const set = await setOf(context, request);
    const { ownerName } = ScaleSetSessionRequest.parse(request.body);
    return sessionObject(context, set, await openSession(context, set, ownerName));
  });
  app.patch(`${base}/sessions/:session`, ADMIN, async (request) => {
    const set = await setOf(context, request);
    return sessionObject(context, set, await sessionOf(context, request, set));
  });
  app.delete(`${base}/sessions/:session`, ADMIN, async (request, reply) => {
    const set = await setOf(context, request);
    await sessionOf(context, request, set);
    await deleteScaleSetSession(db, set.id);
    engine.scaleSets.silent(set.id);
    return reply.code(204).send();
  });
  app.get(`${base}/acquirablejobs`, ADMIN, async (request) =>
    listOf(await engine.scaleSets.available(await setOf(context, request))),
  );
  app.get(`${base}/messages`, QUEUE, async (request, reply) => {
    const set = await setOfQueue(context, request);
    const { lastMessageId } = MessageQuery.parse(request.query);
    engine.scaleSets.noteCapacity(set.id, Capacity.parse(request.headers['x-scalesetmaxcapacity']));
    const message = await nextMessage(context, request, set, lastMessageId);
    return message ?? reply.code(202).send();
  });
  app.delete(`${base}/messages/:message`, QUEUE, async (request, reply) => {
    const set = await setOfQueue(context, request);
    const { message } = MessageParams.parse(request.params);
    // A message that is there again is taken as a repeat.
    await softly(db, (queries) => deleteScaleSetItemsUpTo(queries, set.id, message));
    return reply.code(204).send();
  });
  app.post(`${base}/acquirejobs`, QUEUE, async (request) => {
    const set = await setOfQueue(context, request);
    return listOf(await engine.scaleSets.claim(set, AcquireJobsRequest.parse(request.body)));
  });
}

/** One listener at a time: a second is refused while the first is there. */
async function openSession(context: ServerContext, set: ScaleSetRow, ownerName: string): Promise<ScaleSetSessionRow> {
  const { db, engine, clock } = context;
  const known = await sessionOfScaleSet(db, set.id);
  if (known && known.owner_name !== ownerName && engine.scaleSets.isListening(set.id)) {
    throw new UserError(
      'scale-set-listened-to',
      `The runner scale set ${set.name} already has an active session for owner ${known.owner_name}.`,
      { status: 409 },
    );
  }
  const session = {
    set_id: set.id,
    session_id: newGuid(),
    owner_name: ownerName,
    created_at: isoTime(clock.now()),
  };
  await replaceScaleSetSession(db, session);
  engine.scaleSets.heard(set.id);
  // What waits already; what the set has taken is in the statistics.
  await addScaleSetItems(db, set.id, await engine.scaleSets.available(set));
  return session;
}

async function sessionOf(
  context: ServerContext,
  request: FastifyRequest,
  set: ScaleSetRow,
): Promise<ScaleSetSessionRow> {
  const { session: id } = SessionParams.parse(request.params);
  const session = await sessionOfScaleSet(context.db, set.id);
  if (session?.session_id === id) return session;
  throw new UserError('no-such-scale-set-session', 'The session is not known, or another has taken its place.', {
    status: 404,
  });
}

async function sessionObject(
  context: ServerContext,
  set: ScaleSetRow,
  { session_id: sessionId, owner_name: ownerName }: ScaleSetSessionRow,
): Promise<ScaleSetSession> {
  const claims = { setId: set.id, sessionId };
  const object = await scaleSetObject(context, set);
  return {
    sessionId,
    ownerName,
    runnerScaleSet: object,
    messageQueueUrl: `${context.settings.publicUrl}${SCALE_SETS_PATH}/${set.id}/messages`,
    messageQueueAccessToken: await issueScaleSetQueueToken(context.keys, claims, context.clock.now()),
    statistics: object.statistics,
  };
}

/** The set of the caller's session. @throws UserError 404, so that the listener begins a new one */
async function setOfQueue(context: ServerContext, request: FastifyRequest): Promise<ScaleSetRow> {
  const { caller } = request;
  const { id } = request.params as { id: string };
  if (caller.kind === 'scale-set-queue' && String(caller.queue.setId) === id) {
    const session = await sessionOfScaleSet(context.db, caller.queue.setId);
    const set = (await allScaleSets(context.db)).find((one) => one.id === caller.queue.setId);
    if (set && session?.session_id === caller.queue.sessionId) {
      context.engine.scaleSets.heard(set.id);
      return set;
    }
  }
  throw new UserError('no-such-scale-set-session', 'The session is not known, or another has taken its place.', {
    status: 404,
  });
}

/** Held until there is something, the poll's time is up, or the listener has gone. */
async function nextMessage(
  context: ServerContext,
  request: FastifyRequest,
  set: ScaleSetRow,
  lastId: number,
): Promise<ScaleSetMessage | undefined> {
  const gone = new AbortController();
  request.raw.once('close', () => gone.abort());
  const until = new AbortController();
  const callOff = context.clock.after(context.settings.pollMs, () => until.abort());
  const signal = AbortSignal.any([gone.signal, until.signal, context.closing]);
  try {
    for (;;) {
      const woken = context.engine.scaleSets.wait(set.id, signal);
      const items = await scaleSetItemsAfter(context.db, set.id, lastId, ITEMS_PER_MESSAGE);
      const last = items.at(-1);
      if (last) {
        return {
          messageId: last.id,
          messageType: 'RunnerScaleSetJobMessages',
          body: `[${items.map(({ body }) => body).join(',')}]`,
          statistics: await context.engine.scaleSets.statistics(set),
        };
      }
      await woken;
      if (signal.aborted) return undefined;
      // Another session has taken the place of this one.
      await setOfQueue(context, request);
    }
  } finally {
    callOff();
  }
}
