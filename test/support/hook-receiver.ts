import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from './wait.ts';

export interface ReceivedHook {
  event: string;
  id: string;
  attempt: number;
  headers: IncomingMessage['headers'];
  /** As it came. */
  body: string;
  payload: Record<string, unknown>;
}

/** A receiver of webhooks that remembers what it was told, and answers as the test says. */
export class HookReceiver {
  readonly hooks: ReceivedHook[] = [];
  /** The status of the next answers; undefined: none ever comes. */
  answer: (hook: ReceivedHook) => number | undefined = () => 202;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<HookReceiver> {
    const server = createServer();
    const receiver = new HookReceiver(server);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString('utf8');
      const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
      const hook = {
        event: String(request.headers['x-github-event']),
        id: String(request.headers['x-github-delivery']),
        attempt: Number(request.headers['x-switchyard-delivery-attempt']),
        headers: request.headers,
        body,
        payload: JSON.parse(isForm ? (new URLSearchParams(body).get('payload') ?? '') : body),
      };
      receiver.hooks.push(hook);
      const status = receiver.answer(hook);
      if (status !== undefined) response.writeHead(status, { 'x-receiver': 'test' }).end('heard');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** `event.action` of all that came, or of those of some events. */
  names(...events: string[]): string[] {
    const shown = this.hooks.filter(({ event }) => events.length === 0 || events.includes(event));
    return shown.map(({ event, payload }) => (payload.action ? `${event}.${payload.action}` : event));
  }

  /** The first that came of this event. */
  async get(name: string): Promise<ReceivedHook> {
    return waitFor(`the webhook ${name}`, async () => {
      const index = this.names().indexOf(name);
      return index < 0 ? undefined : this.hooks[index];
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const signatureOf = (secret: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
