/** An authority of one's own, and a server with a certificate of it in front of another. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { findProgram } from './find-program.ts';
import { requirement } from './require.ts';

export const openssl = requirement('openssl', () => findProgram('openssl'));

export interface PrivateAuthority {
  /** PEM file with its certificate. */
  file: string;
  /** For these names. */
  key: string;
  cert: string;
  close(): void;
}

export function newAuthority(names: string[]): PrivateAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-ca-'));
  const run = (...args: string[]) => execFileSync(openssl ?? 'openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  run('req', '-x509', ...key, '-days', '2', '-subj', '/CN=Private authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  run('req', ...key, '-subj', '/CN=server', '-keyout', 'server.key', '-out', 'server.csr');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  run('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.pem');
  return {
    file: join(folder, 'ca.pem'),
    key: readFileSync(join(folder, 'server.key'), 'utf8'),
    cert: readFileSync(join(folder, 'server.pem'), 'utf8'),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Ends TLS and hands requests and WebSockets on, as a load balancer does. */
export class TlsFront {
  /** `host path` of every request, and of every WebSocket with `ws ` before. */
  readonly passed: string[] = [];
  readonly #server: Server;
  readonly #target: (host: string) => string;

  private constructor({ key, cert }: PrivateAuthority, target: (host: string) => string) {
    this.#target = target;
    this.#server = createServer({ key, cert }, (incoming, response) => this.#forward(incoming, response));
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(incoming, socket, head);
    });
  }

  /** @param target URL of the server behind a name */
  static async start(authority: PrivateAuthority, target: (host: string) => string): Promise<TlsFront> {
    const front = new TlsFront(authority, target);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    this.passed.push(`${incoming.headers.host} ${incoming.url}`);
    const { hostname: host, port } = new URL(this.#target(incoming.headers.host ?? ''));
    const outgoing = request({ host, port, path: incoming.url, method: incoming.method, headers: incoming.headers });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.passed.push(`ws ${incoming.headers.host} ${incoming.url}`);
    const { hostname, port } = new URL(this.#target(incoming.headers.host ?? ''));
    const through = connect(Number(port), hostname, () => {
      const headers = incoming.rawHeaders
        .map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
        .join('');
      through.write(`GET ${incoming.url} HTTP/1.1\r\n${headers}\r\n`);
      through.write(head);
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
    socket.on('error', () => through.destroy());
    socket.on('close', () => through.destroy());
  }
}
