/** Lines on their way to the live console. Best effort: the stored logs are the truth. Source: runner-protocol 8.5. */

import type { Agent } from 'node:http';
import type { WebSocket } from 'ws';
import { backOffMs } from '../../common/back-off.ts';
import { sleep } from '../../common/clock.ts';
import type { FeedMessage } from '../../protocol/runner/results.ts';
import { tlsOptions } from '../certificates.ts';
import { proxyFor, tunnelAgent } from '../proxy.ts';
import { SERVER_BACK_OFF } from '../retries.ts';

const BATCH_MS = 50;
/**
 * The console is opened only for jobs that last: loading the library and the handshake cost a short job more than all its
 * steps, and the stored log of a step is there as soon as the console could be.
 */
const CONNECT_AFTER_MS = 200;
const MAX_LINE_LENGTH = 1024;
const MAX_LINES_PER_MESSAGE = 2_000;
/** Lines kept while the server is away or slow; older ones are dropped. */
const MAX_BACKLOG_LINES = 20_000;
/** Bytes that may wait in the socket before lines are held back. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
const CLOSE_MS = 1_000;
/** `WebSocket.OPEN`; the package itself is loaded late. */
const OPEN = 1;

interface Batch {
  stepId: string;
  startLine: number;
  lines: string[];
}

/** Also a plain WebSocket goes through its proxy by a tunnel. */
function wayTo(url: string): { agent?: Agent } {
  const target = new URL(url);
  const proxy = proxyFor(target);
  return proxy ? { agent: tunnelAgent(proxy, target.protocol === 'wss:') } : {};
}

export class Feed {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  #socket: WebSocket | undefined;
  #connecting: Promise<void> | undefined;
  #batches: Batch[] = [];
  #backlog = 0;
  #timer: NodeJS.Timeout | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(url: string, token: string) {
    this.#url = url.replace(/^http/, 'ws');
    this.#headers = { Authorization: `Bearer ${token}` };
  }

  /** @param startLine number of `lines[0]` in the step's log, from 1 */
  push(stepId: string, startLine: number, lines: string[]): void {
    if (this.#isClosed) return;
    const last = this.#batches.at(-1);
    const follows = last?.stepId === stepId && last.startLine + last.lines.length === startLine;
    const cut = lines.map((line) => (line.length > MAX_LINE_LENGTH ? line.slice(0, MAX_LINE_LENGTH) : line));
    if (last && follows && last.lines.length + cut.length <= MAX_LINES_PER_MESSAGE) last.lines.push(...cut);
    else this.#batches.push({ stepId, startLine, lines: cut });
    this.#backlog += cut.length;
    this.#dropOldest();
    this.#timer ??= setTimeout(() => this.#send(), this.#connecting ? BATCH_MS : CONNECT_AFTER_MS);
  }

  /** Sends what is left, if the console was opened and the server takes it within a second. */
  async close(): Promise<void> {
    if (this.#connecting && this.#batches.length > 0) {
      await Promise.race([this.#connecting, sleep(CLOSE_MS)]);
      this.#send();
    }
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#reconnect);
    const socket = this.#socket;
    if (!socket || socket.readyState === socket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => socket.terminate(), CLOSE_MS);
      socket.once('close', () => {
        clearTimeout(limit);
        resolve();
      });
      socket.close();
    });
  }

  /** Resolves when the connection is open, or has failed. */
  async #connect(): Promise<void> {
    // Loaded when the first lines are due, not before: it takes longer to load than the first step to start.
    const library = await import('ws').catch(() => undefined);
    if (this.#isClosed || !library) return;
    const socket = new library.WebSocket(this.#url, {
      headers: this.#headers,
      perMessageDeflate: false,
      ...tlsOptions(),
      ...wayTo(this.#url),
    });
    this.#socket = socket;
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      socket.on('open', () => {
        this.#failures = 0;
        this.#send();
        resolve();
      });
      socket.on('close', () => {
        resolve();
        if (this.#isClosed) return;
        const delayMs = backOffMs(this.#failures++, SERVER_BACK_OFF);
        this.#reconnect = setTimeout(() => {
          this.#connecting = this.#connect();
        }, delayMs);
      });
    });
  }

  #send(): void {
    this.#timer = undefined;
    this.#connecting ??= this.#connect();
    const socket = this.#socket;
    if (socket?.readyState !== OPEN) return;
    while (this.#batches.length > 0 && socket.bufferedAmount < MAX_BUFFERED_BYTES) {
      const batch = this.#batches.shift();
      if (!batch) break;
      this.#backlog -= batch.lines.length;
      const { stepId, startLine, lines } = batch;
      const message: FeedMessage = { count: lines.length, value: lines, stepId, startLine };
      socket.send(JSON.stringify(message), () => undefined);
    }
    if (this.#batches.length > 0 && !this.#isClosed) this.#timer = setTimeout(() => this.#send(), BATCH_MS);
  }

  #dropOldest(): void {
    while (this.#backlog > MAX_BACKLOG_LINES && this.#batches.length > 1) {
      this.#backlog -= this.#batches.shift()?.lines.length ?? 0;
    }
  }
}
