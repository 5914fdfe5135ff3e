import websocket from '@fastify/websocket';
import type { FastifyPluginAsync } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import type { FeedMessage } from '../../protocol/runner/index.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';

/** A hundred lines of 1024 characters, all of them escaped. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
/** Close code for a message that is none (RFC 6455 7.4.1). */
const UNSUPPORTED = 1007;

/** The live console: a worker sends the lines of its steps (runner-protocol 8.5). Register it without a prefix. */
export function feedRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    await app.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES } });
    app.setErrorHandler((error, request, reply) => {
      const { status, message } = failureOf(error, request, context.logger);
      return reply.code(status).send({ message });
    });
    for (const path of ['/feed', '/feed/*']) {
      app.get(path, { config: { access: 'job' }, websocket: true }, (socket, { caller }) => {
        if (caller.kind === 'job') takeLines(context, caller.job.jobId, socket);
        else socket.close();
      });
    }
  };
}

function takeLines(context: ServerContext, jobId: number, socket: WebSocket): void {
  socket.on('message', (data) => {
    const message = parse(data);
    if (message) context.liveLogs.append(jobId, message.stepId, message.startLine, message.value);
    else socket.close(UNSUPPORTED, 'not a feed message');
  });
  // What is wrong with the connection ends it; the worker comes back by itself.
  socket.on('error', (error) => context.logger.debug({ err: error, jobId }, 'a live console broke off'));
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
