/** A running job that calls the services of the toolkit: artifacts, caches, OIDC. */
import type { JobMessage } from '../../src/protocol/runner/job-message.ts';
import type { TestServer } from './server.ts';
import { type Answer, call, connectionOf, type SimulatedRunner } from './simulated-runner.ts';

const RESULTS = '/twirp/github.actions.results.api.v1';

export class ServiceClient {
  readonly #server: TestServer;
  readonly runner: SimulatedRunner;
  readonly message: JobMessage;

  constructor(server: TestServer, runner: SimulatedRunner, message: JobMessage) {
    this.#server = server;
    this.runner = runner;
    this.message = message;
  }

  get token(): string {
    return connectionOf(this.message).token;
  }

  get gitHubToken(): string {
    return this.message.variables['system.github.token']?.value ?? '';
  }

  get ids(): { workflow_run_backend_id: string; workflow_job_run_backend_id: string } {
    return { workflow_run_backend_id: this.message.plan.planId, workflow_job_run_backend_id: this.message.jobId };
  }

  call<T = Record<string, unknown>>(method: string, path: string, json?: unknown): Promise<Answer<T>> {
    return call<T>(method, this.#server.url + path, { token: this.token, json });
  }

  artifact<T = Record<string, unknown>>(method: string, body: object): Promise<Answer<T>> {
    return this.call<T>('POST', `${RESULTS}.ArtifactService/${method}`, { ...this.ids, ...body });
  }

  cache<T = Record<string, unknown>>(method: string, body: object): Promise<Answer<T>> {
    return this.call<T>('POST', `${RESULTS}.CacheService/${method}`, body);
  }

  /** Creates, uploads and finalizes. @returns its id */
  async upload(name: string, content: string, more: object = {}): Promise<number> {
    const { body } = await this.artifact<{ signed_upload_url: string }>('CreateArtifact', {
      name,
      version: 7,
      ...more,
    });
    await put(body.signed_upload_url, content);
    const done = await this.artifact<{ artifact_id: string }>('FinalizeArtifact', {
      name,
      size: String(Buffer.byteLength(content)),
    });
    if (done.status !== 200) throw new Error(`not finalized: ${JSON.stringify(done.body)}`);
    return Number(done.body.artifact_id);
  }

  /** Reserves, uploads and finalizes with the protocol of cache v2. @returns its id */
  async save(key: string, content: string, version = 'v'): Promise<number> {
    const { body } = await this.cache<{ signed_upload_url: string }>('CreateCacheEntry', { key, version });
    await put(body.signed_upload_url, content);
    const size = String(Buffer.byteLength(content));
    const done = await this.cache<{ entry_id: string }>('FinalizeCacheEntryUpload', { key, version, size_bytes: size });
    return Number(done.body.entry_id);
  }

  /** The key that is found, and what is in the cache. */
  async restore(key: string, restoreKeys: string[] = [], version = 'v'): Promise<[string, string] | undefined> {
    const { body } = await this.cache<{ ok: boolean; matched_key: string; signed_download_url: string }>(
      'GetCacheEntryDownloadURL',
      { key, restore_keys: restoreKeys, version },
    );
    if (!body.ok) return undefined;
    return [body.matched_key, await (await fetch(body.signed_download_url)).text()];
  }
}

export async function put(url: string, body: string): Promise<Response> {
  const response = await fetch(url, { method: 'PUT', body, headers: { 'x-ms-blob-type': 'BlockBlob' } });
  if (!response.ok) throw new Error(`PUT: ${response.status} ${await response.text()}`);
  return response;
}

let boxes = 0;

/** The next job of a new runner, which goes on running. */
export async function nextJob(server: TestServer): Promise<ServiceClient> {
  const runner = await server.runner(`service-box-${++boxes}`);
  const offer = await runner.waitForJob();
  const { body } = await runner.acquire(offer);
  await runner.renew(body);
  return new ServiceClient(server, runner, body);
}
