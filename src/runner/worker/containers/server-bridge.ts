/**
 * A server that listens on this machine alone, as it does by default, is reached in the job's container under the same
 * address: whoever connects to its port on the container's loopback comes out here. The way leads through a socket
 * in a folder that both see, so nothing listens on a network.
 */

import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { newGuid } from '../../../common/ids.ts';
import { isLoopbackName } from '../../../common/loopback.ts';
import type { JobState } from '../job-state.ts';
import type { StepOutput } from '../step-output.ts';
import type { ContainerHost } from './container-host.ts';
import type { Docker } from './docker.ts';

/** The kernel's limit for the path of a socket, with its end. */
const MAX_PATH = 107;
/** Starting Node in a container takes a tenth of a second. */
const READY_MS = 10_000;

/** $1 the socket, $2 the port. Its first connection says that it listens. */
const INSIDE = `
const net = require('node:net');
const [path, port] = process.argv.slice(1);
net.createServer((client) => {
  const server = net.connect(path);
  const end = () => { client.destroy(); server.destroy(); };
  client.on('error', end).on('close', end);
  server.on('error', end).on('close', end);
  client.pipe(server).pipe(client);
}).on('error', () => process.exit(1)).listen(Number(port), '127.0.0.1', () => net.connect(path).on('connect', function () { this.destroy(); }));
`;

export interface ServerBridge {
  close(): Promise<void>;
}

/** @returns undefined when the server is not on this machine's loopback, or the container cannot have a bridge */
export async function openServerBridge(
  job: JobState,
  docker: Docker,
  host: ContainerHost,
  id: string,
  output: StepOutput,
): Promise<ServerBridge | undefined> {
  const server = loopbackPlace(String(job.github.server_url));
  if (!server) return undefined;
  const path = join(job.folders.temp, `${newGuid().slice(0, 8)}.sock`);
  if (Buffer.byteLength(path) > MAX_PATH || Buffer.byteLength(host.inside(path)) > MAX_PATH) {
    output.debug(`The server is not reached from the container: ${path} is too long for a socket.`);
    return undefined;
  }
  const bridge = new Bridge(server);
  try {
    await bridge.listen(path);
    // As root: it may be a low port, and the folder belongs to the runner's user.
    const program = [await host.nodeProgram(process.execPath), '-e', INSIDE, host.inside(path), String(server.port)];
    await docker.run(['exec', '--detach', '--user', '0', id, ...program]);
    if (await bridge.isReady()) return bridge;
    output.warning(`The server at ${job.github.server_url} is not reached from the container of the job.`);
  } catch (error) {
    output.debug(`The server is not reached from the container: ${String(error)}`);
  }
  await bridge.close();
  return undefined;
}

interface Place {
  host: string;
  port: number;
}

function loopbackPlace(url: string): Place | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  if (!isLoopbackName(hostname)) return undefined;
  const host = hostname.endsWith('localhost') ? 'localhost' : hostname.replace(/[[\]]/g, '');
  return { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

class Bridge implements ServerBridge {
  readonly #place: Place;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #ready: Promise<void>;
  #path = '';

  constructor(place: Place) {
    this.#place = place;
    let isFirst = true;
    let tell = (): void => {};
    this.#ready = new Promise((resolve) => {
      tell = resolve;
    });
    this.#listener = createServer((inside) => {
      if (isFirst) inside.destroy();
      else this.#join(inside);
      isFirst = false;
      tell();
    });
  }

  async listen(path: string): Promise<void> {
    this.#path = path;
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject).listen(path, resolve);
    });
    await chmod(path, 0o600);
  }

  /** @returns false when nobody has come through in time */
  async isReady(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), READY_MS);
    });
    const isReady = await Promise.race([this.#ready.then(() => true), late]);
    clearTimeout(timer);
    return isReady;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#listener.listening) await new Promise((resolve) => this.#listener.close(resolve));
    await rm(this.#path, { force: true });
  }

  #join(inside: Socket): void {
    const outside = connect(this.#place);
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    inside.pipe(outside).pipe(inside);
  }
}
