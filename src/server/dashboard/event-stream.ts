import type { ServerResponse } from 'node:http';
import type { LiveEvents } from '../../protocol/dashboard/index.ts';

/** What may wait for a slow page. It then loses the connection, comes back and reads everything anew. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const RECONNECT_MS = 1_000;

/** One open connection of server-sent events. */
export class EventStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${RECONNECT_MS}\n\n`);
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }

  send<K extends keyof LiveEvents>(event: K, value: LiveEvents[K]): void {
    this.write(eventText(event, value));
  }

  /** A text made by `eventText`, so that many streams share one. */
  write(text: string): void {
    if (this.#response.writableLength > MAX_WAITING_BYTES) this.#response.destroy();
    else this.#response.write(text);
  }

  /** A comment: the page sees that the connection lives. */
  heartbeat(): void {
    this.write(':\n\n');
  }

  end(): void {
    this.#response.end();
  }
}

export const eventText = <K extends keyof LiveEvents>(event: K, value: LiveEvents[K]): string =>
  `event: ${event}\ndata: ${JSON.stringify(value)}\n\n`;
