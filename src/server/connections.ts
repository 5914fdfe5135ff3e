import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../common/clock.ts';

/** Requests under way when the server closes may still finish for this long: a push, an upload. */
const FINISH_MS = 10_000;
/**
 * A body must bring so much in such a time. Long enough for a push that computes its pack meanwhile; who sends a byte now
 * and then must not hold connections for ever. Answers may take as long as they like: polls are held.
 */
const STALL_MS = 2 * 60_000;
const LEAST_BYTES = 1024;

export interface ConnectionsOptions {
  clock: Clock;
  /** Connections that one address may have open; more are broken at once. 0 for no limit. */
  perAddress: number;
}

/**
 * The open connections. Bounds those of one address and breaks slow senders; and lets a closing server end: Node waits
 * for connections that never carried a request, of which browsers keep spare ones, as long as for busy ones.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  /** Requests under way on each. */
  readonly #busy = new Map<Socket, number>();
  readonly #byAddress = new Map<string, number>();
  /** Bodies that are not whole yet, with what their connection had brought when it was looked at last. */
  readonly #receiving = new Map<IncomingMessage, number>();
  #cancelCheck: () => void = () => {};

  constructor(server: Server, options: ConnectionsOptions) {
    this.#options = options;
    server.on('connection', (socket: Socket) => this.#open(socket));
    server.on('request', (request, response) => {
      const { socket } = request;
      this.#count(socket, 1);
      if (hasBody(request)) this.#receiving.set(request, socket.bytesRead);
      response.once('close', () => {
        this.#count(socket, -1);
        this.#receiving.delete(request);
      });
    });
    this.#planCheck();
  }

  /** Breaks idle connections now, and busy ones when they take too long. @returns a function that calls that off */
  end(clock: Clock): () => void {
    this.#cancelCheck();
    this.#breakWhere((requests) => requests === 0);
    return clock.after(FINISH_MS, () => this.#breakWhere(() => true));
  }

  #open(socket: Socket): void {
    const { perAddress } = this.#options;
    const address = socket.remoteAddress ?? '';
    const open = this.#byAddress.get(address) ?? 0;
    if (perAddress > 0 && open >= perAddress) {
      socket.destroy();
      return;
    }
    this.#byAddress.set(address, open + 1);
    this.#busy.set(socket, 0);
    socket.once('close', () => {
      this.#busy.delete(socket);
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    });
  }

  #planCheck(): void {
    this.#cancelCheck = this.#options.clock.after(STALL_MS, () => {
      this.#planCheck();
      this.#breakStalled();
    });
  }

  #breakStalled(): void {
    for (const [request, before] of this.#receiving) {
      const { bytesRead } = request.socket;
      // With a full buffer it is we who do not read.
      const isOurs = request.readableLength >= request.readableHighWaterMark;
      if (request.complete) this.#receiving.delete(request);
      else if (bytesRead - before >= LEAST_BYTES || isOurs) this.#receiving.set(request, bytesRead);
      else request.socket.destroy();
    }
  }

  #count(socket: Socket, change: number): void {
    const requests = this.#busy.get(socket);
    if (requests !== undefined) this.#busy.set(socket, requests + change);
  }

  #breakWhere(matches: (requests: number) => boolean): void {
    for (const [socket, requests] of this.#busy) if (matches(requests)) socket.destroy();
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
