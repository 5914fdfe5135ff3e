/** A registry on loopback that gives its one image only to who is logged in, as far as `docker pull` speaks to it. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { archiveOf } from '../../src/fleet/backends/docker/archive.ts';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG = 'application/vnd.docker.container.image.v1+json';
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

const digest = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** @param mark makes it an image of its own */
function makeImage(mark: string) {
  const archive = archiveOf([{ path: '/mark', content: mark }]);
  const layer = gzipSync(archive);
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digest(archive)] },
    }),
  );
  const part = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.length, digest: digest(bytes) });
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: part(CONFIG, config),
    layers: [part(LAYER, layer)],
  };
  return { manifest: Buffer.from(JSON.stringify(manifest)), blobs: [config, layer] };
}

export class PrivateRegistry {
  /** Answers no request for a layer or a config. */
  hangs = false;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #login: string;
  readonly #image: ReturnType<typeof makeImage>;

  private constructor(login: string, mark: string) {
    this.#login = `Basic ${Buffer.from(login).toString('base64')}`;
    this.#image = makeImage(mark);
  }

  /** @param login as `user:password` */
  static async start(login: string, mark: string): Promise<PrivateRegistry> {
    const registry = new PrivateRegistry(login, mark);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get image(): string {
    return `${this.host}/me/app:1`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    if (request.headers.authorization !== this.#login) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="private"', 'content-type': 'application/json' });
      response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
      return;
    }
    if (path === '/v2/') return void response.end('{}');
    const { manifest, blobs } = this.#image;
    const isManifest = /^\/v2\/me\/app\/manifests\//.test(path);
    const found = isManifest ? manifest : blobs.find((blob) => path === `/v2/me/app/blobs/${digest(blob)}`);
    if (!found) return void response.writeHead(404).end('{"errors":[{"code":"NAME_UNKNOWN","message":"not found"}]}');
    if (this.hangs && !isManifest) return;
    response.writeHead(200, {
      'content-type': isManifest ? MANIFEST : 'application/octet-stream',
      'content-length': found.length,
      'docker-content-digest': digest(found),
    });
    response.end(request.method === 'HEAD' ? undefined : found);
  }
}
