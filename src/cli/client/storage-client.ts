/** What jobs have stored on a server: artifacts and caches. */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type ArtifactDownload,
  type ArtifactList,
  type Cache,
  type CacheList,
  DASHBOARD_PREFIX,
} from '../../protocol/dashboard/index.ts';
import type { HttpClient } from './http.ts';

const PER_PAGE = 100;
const actions = (repository: string): string => `/api/v3/repos/${repository}/actions`;

export class StorageClient {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  artifacts(runId: number): Promise<ArtifactList> {
    return this.#http.json(`${DASHBOARD_PREFIX}/runs/${runId}/artifacts`);
  }

  /** Writes it beside the file first, so that a file that broke off is not taken for the whole. */
  async download(runId: number, artifactId: number, file: string): Promise<void> {
    const path = `${DASHBOARD_PREFIX}/runs/${runId}/artifacts/${artifactId}/download`;
    const { url } = await this.#http.json<ArtifactDownload>(path);
    // By the address that this client knows: the server's public one may be for others.
    const { pathname, search } = new URL(url);
    const { body } = await this.#http.send(pathname + search);
    const draft = `${file}.part`;
    try {
      await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(draft));
      await rename(draft, file);
    } finally {
      await rm(draft, { force: true });
    }
  }

  async deleteArtifact(repository: string, id: number): Promise<void> {
    await this.#http.send(`${actions(repository)}/artifacts/${id}`, { method: 'DELETE' });
  }

  /** All whose key begins so, those that were used last first. */
  async caches(repository: string, key: string | undefined): Promise<Cache[]> {
    const caches: Cache[] = [];
    for (let page = 1; ; page++) {
      const words = new URLSearchParams({ per_page: String(PER_PAGE), page: String(page), ...(key && { key }) });
      const { actions_caches: more } = await this.#http.json<CacheList>(`${actions(repository)}/caches?${words}`);
      caches.push(...more);
      if (more.length < PER_PAGE) return caches;
    }
  }

  async deleteCache(repository: string, id: number): Promise<void> {
    await this.#http.send(`${actions(repository)}/caches/${id}`, { method: 'DELETE' });
  }
}
