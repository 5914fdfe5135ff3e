import type { LiveEvents } from '../../protocol/dashboard/index.ts';
import { ApiFailure, request } from './client.ts';
import { EventStreamParser, type ServerSentEvent } from './sse.ts';

export type LiveEvent = { [K in keyof LiveEvents]: { type: K; value: LiveEvents[K] } }[keyof LiveEvents];

export interface LiveHandlers {
  /** Connected, the first time or again: what was read before may be stale. */
  onOpen(): void;
  onEvent(event: LiveEvent): void;
  /** The connection broke or could not be made; it is tried again. */
  onOffline(): void;
}

/** A stream that says nothing for so long (the server sends comments meanwhile) is taken for dead. */
const silenceMs = 60_000;
const firstDelayMs = 500;
const maxDelayMs = 15_000;

/**
 * Reads the live feed until closed, connecting again with growing pauses. `fetch` and not `EventSource`, because only
 * it can send a token. It gives up when the server refuses (4xx): the page's own requests are refused too and say why.
 */
export function connectLive(path: string, handlers: LiveHandlers): { close(): void } {
  const closing = new AbortController();
  void stayConnected(path, handlers, closing.signal);
  return { close: () => closing.abort() };
}

async function stayConnected(path: string, handlers: LiveHandlers, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const opened = () => {
      failures = 0;
      handlers.onOpen();
    };
    const error = await readOnce(path, { ...handlers, onOpen: opened }, signal);
    if (signal.aborted || isRefusal(error)) return;
    handlers.onOffline();
    await pause(Math.min(maxDelayMs, firstDelayMs * 2 ** failures), signal);
  }
}

const isRefusal = (error: unknown): boolean => error instanceof ApiFailure && error.status >= 400 && error.status < 500;

/** One connection, from start to end; gives the error that ended it. */
async function readOnce(path: string, handlers: LiveHandlers, signal: AbortSignal): Promise<unknown> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    const response = await request(path, { signal: either, headers: { accept: 'text/event-stream' } });
    if (!response.body) return undefined;
    handlers.onOpen();
    const parser = new EventStreamParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      for (const event of parser.push(value)) handlers.onEvent(liveEvent(event));
    }
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
  }
}

function liveEvent({ event, data }: ServerSentEvent): LiveEvent {
  return { type: event, value: JSON.parse(data) } as LiveEvent;
}

/** Ends early when the browser comes back online or the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
}
