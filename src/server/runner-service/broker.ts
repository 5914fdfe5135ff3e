import type { Socket } from 'node:net';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import {
  AcknowledgeRequest,
  type BrokerError,
  type BrokerErrorKind,
  type BrokerMessage,
  type JobRequestBody,
  PollQuery,
  SessionRequest,
  type SessionResponse,
} from '../../protocol/runner/broker.ts';
import { BROKER_ERROR_SOURCE } from '../../protocol/runner/constants.ts';
import { softly } from '../../store/database.ts';
import {
  deleteSession,
  findRunner,
  findSession,
  markRunnersSeen,
  type RunnerRow,
  replaceSession,
  updateRunnerFacts,
} from '../../store/runners.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';

/** An error that names its kind, so that the listener reacts to it (table in runner-protocol 4.2). */
class BrokerProblem extends UserError {
  readonly kind: BrokerErrorKind;

  constructor(kind: BrokerErrorKind, status: number, message: string) {
    super('broker', message, { status });
    this.kind = kind;
  }
}

/** Session, long poll and acknowledgement (runner-protocol 4). */
export const brokerRoutes =
  (context: ServerContext): FastifyPluginAsync =>
  async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const { status, message } = failureOf(error, request, context.logger);
      const body: BrokerError = {
        source: BROKER_ERROR_SOURCE,
        statusCode: status,
        errorMessage: message,
        ...(error instanceof BrokerProblem ? { errorKind: error.kind } : {}),
      };
      return reply.code(status).send(body);
    });

    app.post('/broker/session', { config: { access: 'runner' }, bodyLimit: 64 * 1024 }, async (request) => {
      const body = SessionRequest.parse(request.body);
      const runner = await runnerOf(context, request);
      const version = ownVersion(request) ?? body.agent?.version ?? runner.version;
      return openSession(context, runner, body, version);
    });

    app.delete('/broker/session', { config: { access: 'runner' } }, async (request, reply) => {
      const runnerId = callerRunnerId(request);
      await deleteSession(context.db, runnerId);
      if (context.engine.isRegistered(runnerId)) {
        await markRunnersSeen(context.db, [runnerId], isoTime(context.clock.now()));
        context.engine.sessionClosed(runnerId);
      }
      return reply.code(204).send();
    });

    app.get('/broker/message', { config: { access: 'runner' } }, async (request, reply) => {
      const { runnerId, query } = await sessionOf(context, request);
      const message = await waitForMessage(context, runnerId, query.status !== 'Busy', reply);
      // An empty answer means "ask again".
      if (!message) return reply.code(204).send();
      watchOffer(context, request, message);
      return message;
    });

    app.post('/broker/acknowledge', { config: { access: 'runner' }, bodyLimit: 16 * 1024 }, async (request, reply) => {
      const { runnerId } = await sessionOf(context, request);
      const body = AcknowledgeRequest.parse(request.body);
      if (await context.engine.acknowledge(body.runnerRequestId, runnerId)) return reply.code(204).send();
      throw new BrokerProblem('AcknowledgeJobNotFound', 404, 'This job is not offered to this runner any more.');
    });
  };

async function openSession(
  context: ServerContext,
  runner: RunnerRow,
  request: SessionRequest,
  version: string,
): Promise<SessionResponse> {
  await context.engine.sessionOpened(runner.id);
  // An ephemeral runner that had a job has lost it by this, and its registration with it.
  if (!context.engine.isRegistered(runner.id)) throw notRegistered();
  const session = {
    runner_id: runner.id,
    session_id: newGuid(),
    owner_name: request.ownerName ?? '',
    created_at: isoTime(context.clock.now()),
  };
  // A runner whose session is lost opens another.
  await softly(context.db, async (transaction) => {
    await replaceSession(transaction, session);
    await markRunnersSeen(transaction, [runner.id], session.created_at);
    await updateRunnerFacts(transaction, runner.id, {
      os: systemOf(request.agent?.osDescription) ?? runner.os,
      version,
    });
  });
  return {
    sessionId: session.session_id,
    ownerName: session.owner_name,
    agent: { id: runner.id, name: runner.name },
  };
}

/** Switchyard's runner tells what every GitHub takes for a version, and its own to those who look. */
const ownVersion = (request: FastifyRequest): string | undefined =>
  /^SwitchyardRunner\/([\w.-]{1,64}) /.exec(request.headers['user-agent'] ?? '')?.[1];

/** GitHub's REST names systems in lower case. */
function systemOf(description: string | undefined): string | undefined {
  if (!description) return undefined;
  if (/windows/i.test(description)) return 'windows';
  return /darwin|mac/i.test(description) ? 'macos' : 'linux';
}

function callerRunnerId(request: FastifyRequest): number {
  if (request.caller.kind !== 'runner') throw new Error('the route lacks the access "runner"');
  return request.caller.runner.runnerId;
}

async function runnerOf(context: ServerContext, request: FastifyRequest): Promise<RunnerRow> {
  const runner = await findRunner(context.db, callerRunnerId(request));
  if (runner) return runner;
  throw notRegistered();
}

const notRegistered = (): BrokerProblem =>
  new BrokerProblem('RunnerNotFound', 404, 'This runner is not registered here any more.');

async function sessionOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ runnerId: number; query: PollQuery }> {
  const runnerId = callerRunnerId(request);
  if (!context.engine.isRegistered(runnerId)) throw notRegistered();
  const query = PollQuery.parse(request.query);
  const session = await findSession(context.db, runnerId);
  if (session?.session_id === query.sessionId) return { runnerId, query };
  throw new BrokerProblem(
    'RunnerSessionInvalid',
    400,
    'This session is over; another one of the runner took its place.',
  );
}

/** Waits for a message until the poll's time is up or the client goes away. */
async function waitForMessage(
  context: ServerContext,
  runnerId: number,
  isIdle: boolean,
  reply: FastifyReply,
): Promise<BrokerMessage | undefined> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const cancelTimer = context.clock.after(context.settings.pollMs, stop);
  reply.raw.once('close', stop);
  context.closing.addEventListener('abort', stop, { once: true });
  try {
    const message = await context.engine.poll(runnerId, isIdle, controller.signal);
    if (message?.messageType === 'RunnerJobRequest' && reply.raw.destroyed) {
      context.engine.offerLost(requestIdOf(message));
      return undefined;
    }
    return message;
  } finally {
    cancelTimer();
    reply.raw.off('close', stop);
    context.closing.removeEventListener('abort', stop);
  }
}

/** The newest offer that went out on each connection. */
const offers = new WeakMap<Socket, string>();

/** A runner that dies with an unanswered offer is noticed by its connection, not only by time. */
function watchOffer(context: ServerContext, request: FastifyRequest, message: BrokerMessage): void {
  if (message.messageType !== 'RunnerJobRequest') return;
  const { socket } = request.raw;
  const isWatched = offers.has(socket);
  offers.set(socket, requestIdOf(message));
  if (isWatched) return;
  socket.once('close', () => {
    const newest = offers.get(socket);
    if (newest !== undefined && !context.closing.aborted) context.engine.offerLost(newest);
  });
}

const requestIdOf = (message: BrokerMessage): string => (JSON.parse(message.body) as JobRequestBody).runner_request_id;
