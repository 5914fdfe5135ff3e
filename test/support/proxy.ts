/** A proxy that people's networks have: it lets nobody through without credentials, and counts what passes. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export class TestProxy {
  /** `host:port` of every CONNECT that was let through. */
  readonly tunnels: string[] = [];
  /** URLs of plain requests that were let through. */
  readonly requests: string[] = [];
  /** Callers without the right credentials. */
  refused = 0;
  readonly credentials: string;
  readonly #target: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(credentials: string, target: () => number) {
    this.credentials = credentials;
    this.#target = target;
    this.#server = createServer((incoming, response) => this.#forward(incoming, response));
    this.#server.on('connect', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#tunnel(incoming, socket, head);
    });
  }

  /**
   * @param credentials `user:password`
   * @param target local port that every name leads to
   */
  static async start(credentials: string, target: () => number): Promise<TestProxy> {
    const proxy = new TestProxy(credentials, target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** With the credentials, as the variables take it. */
  get url(): string {
    const at = this.credentials.indexOf(':');
    const [user, password] = [this.credentials.slice(0, at), this.credentials.slice(at + 1)].map(encodeURIComponent);
    return `http://${user}:${password}@127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #mayPass(incoming: IncomingMessage): boolean {
    const expected = `Basic ${Buffer.from(this.credentials).toString('base64')}`;
    if (incoming.headers['proxy-authorization'] === expected) return true;
    this.refused++;
    return false;
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    if (!this.#mayPass(incoming)) return void response.writeHead(407).end();
    const url = new URL(incoming.url ?? '');
    this.requests.push(url.href);
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const outgoing = request({
      ...{ host: '127.0.0.1', port: this.#target(), path: url.pathname + url.search },
      ...{ method: incoming.method, headers },
    });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#mayPass(incoming)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    this.tunnels.push(incoming.url ?? '');
    const through: Socket = connect(this.#target(), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      through.write(head);
      through.pipe(socket).pipe(through);
    });
    for (const [one, other] of [
      [socket, through],
      [through, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
