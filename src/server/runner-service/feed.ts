import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { type FeedMessage, hasLogTime, logTime } from '../../protocol/runner/index.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';

/** A hundred lines of 1024 characters, all of them escaped. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
/** Close code for a message that is none (RFC 6455 7.4.1). */
const UNSUPPORTED = 1007;

/** The live console: a worker sends the lines of its steps (runner-protocol 8.5). Register it without a prefix. */
export function feedRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, clientTracking: true });
    const upgrades = routeUpgrades(app);
    app.addHook('preClose', async () => {
      // They come back to the next server by themselves.
      for (const socket of sockets.clients) socket.terminate();
    });
    app.setErrorHandler((error, request, reply) => {
      const { status, message } = failureOf(error, request, context.logger);
      return reply.code(status).send({ message });
    });
    for (const path of ['/feed', '/feed/*']) {
      app.get(path, { config: { access: 'job' } }, (request, reply) => {
        const upgrade = upgrades.get(request.raw);
        const { caller } = request;
        if (!upgrade || caller.kind !== 'job') {
          throw new UserError('not-a-websocket', 'This is a websocket.', { status: 426 });
        }
        reply.hijack();
        const { jobId } = caller.job;
        sockets.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) => takeLines(context, jobId, socket));
      });
    }
  };
}

interface Upgrade {
  socket: Duplex;
  head: Buffer;
}

/**
 * Sends requests that ask for another protocol through the usual routes, so that access is decided in the one place.
 * Whatever no route takes over is answered and its connection ended: after an upgrade no parser of HTTP is on it any more.
 */
function routeUpgrades(app: FastifyInstance): WeakMap<IncomingMessage, Upgrade> {
  const upgrades = new WeakMap<IncomingMessage, Upgrade>();
  app.server.on('upgrade', (request, socket, head) => {
    upgrades.set(request, { socket, head });
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.once('finish', () => socket.end());
    app.routing(request, response);
  });
  return upgrades;
}

function takeLines(context: ServerContext, jobId: number, socket: WebSocket): void {
  socket.on('message', (data) => {
    const message = parse(data);
    if (message) context.liveLogs.append(jobId, message.stepId, message.startLine, timed(message.value, context.clock));
    else socket.close(UNSUPPORTED, 'not a feed message');
  });
  // What is wrong with the connection ends it; the worker comes back by itself.
  socket.on('error', (error) => context.logger.debug({ err: error, jobId }, 'a live console broke off'));
}

/** A line without a time gets that of its arrival; the true one comes with the step's log. */
function timed(lines: string[], clock: Clock): string[] {
  const now = logTime(clock.now());
  return lines.map((line) => (hasLogTime(line) ? line : `${now} ${line}`));
}

/** By hand: this runs for every hundred lines of every step. */
function parse(data: RawData): (Pick<FeedMessage, 'stepId' | 'value'> & { startLine: number | undefined }) | undefined {
  try {
    const message: Partial<FeedMessage> | null = JSON.parse(String(data));
    const { stepId, value, startLine } = message ?? {};
    if (typeof stepId !== 'string' || !Array.isArray(value)) return undefined;
    if (!value.every((line) => typeof line === 'string')) return undefined;
    return { stepId, value, startLine: isLineNumber(startLine) ? startLine : undefined };
  } catch {
    return undefined;
  }
}

const isLineNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;
