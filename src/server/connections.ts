import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../common/clock.ts';

/** Requests under way when the server closes may still finish for this long: a push, an upload. */
const FINISH_MS = 10_000;

/**
 * Lets a closing server end. Node waits for connections that never carried a request, of which browsers keep spare
 * ones, as long as for busy ones.
 */
export class Connections {
  /** Requests under way on each. */
  readonly #busy = new Map<Socket, number>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#busy.set(socket, 0);
      socket.once('close', () => this.#busy.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.#count(socket, 1);
      response.once('close', () => this.#count(socket, -1));
    });
  }

  /** Breaks idle connections now, and busy ones when they take too long. @returns a function that calls that off */
  end(clock: Clock): () => void {
    this.#breakWhere((requests) => requests === 0);
    return clock.after(FINISH_MS, () => this.#breakWhere(() => true));
  }

  #count(socket: Socket, change: number): void {
    const requests = this.#busy.get(socket);
    if (requests !== undefined) this.#busy.set(socket, requests + change);
  }

  #breakWhere(matches: (requests: number) => boolean): void {
    for (const [socket, requests] of this.#busy) if (matches(requests)) socket.destroy();
  }
}
