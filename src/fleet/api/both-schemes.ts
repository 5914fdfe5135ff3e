import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { errorText } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { type Decrypter, type DecrypterOptions, openDecrypter } from '../../common/tls/decrypter.ts';

/** The content type of a TLS record that begins a handshake (RFC 8446 5.1); no HTTP request begins so. */
const HANDSHAKE = 0x16;
/** Who connects and says nothing is sent away. */
const FIRST_BYTE_MS = 10_000;

/**
 * Lets an HTTP server's port speak https too: the first byte of a connection says which it is. kubectl sends its token
 * over https only. The certificate is made when the first client wants one.
 */
export class BothSchemes {
  readonly #options: DecrypterOptions & { logger: Logger };
  readonly #serve: (socket: Socket) => void;
  /** Those that the HTTP server does not know of (yet). */
  readonly #sockets = new Set<Socket>();
  #decrypter: Promise<Decrypter> | undefined;

  constructor(http: Server, options: DecrypterOptions & { logger: Logger }) {
    const listeners = http.listeners('connection');
    this.#options = options;
    this.#serve = (socket) => {
      for (const listener of listeners) listener.call(http, socket);
    };
    http.removeAllListeners('connection');
    http.on('connection', (socket: Socket) => this.#read(socket));
  }

  /** Ends the connections that the HTTP server cannot end. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const decrypter = await this.#decrypter?.catch(() => undefined);
    decrypter?.close();
  }

  #read(socket: Socket): void {
    const destroy = (): unknown => socket.destroy();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.once('error', destroy);
    socket.setTimeout(FIRST_BYTE_MS, destroy);
    const look = (): void => {
      const first: Buffer | null = socket.read(1);
      if (!first) return;
      socket.off('readable', look);
      socket.off('error', destroy);
      socket.off('timeout', destroy);
      socket.setTimeout(0);
      socket.unshift(first);
      if (first[0] === HANDSHAKE) void this.#decrypt(socket);
      else this.#pass(socket);
    };
    socket.on('readable', look);
  }

  #pass(socket: Socket): void {
    this.#sockets.delete(socket);
    this.#serve(socket);
  }

  async #decrypt(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      this.#decrypter ??= openDecrypter(this.#options, this.#serve);
      const { server } = await this.#decrypter;
      if (!socket.destroyed) server.emit('connection', socket);
    } catch (error) {
      this.#decrypter = undefined;
      this.#options.logger.error({ problem: errorText(error) }, 'https cannot be served');
      socket.destroy();
    }
  }
}
