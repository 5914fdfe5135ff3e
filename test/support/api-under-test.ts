import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/common/log.ts';
import { sealingWith } from '../../src/common/sealing.ts';
import { startApi } from '../../src/fleet/api/server.ts';
import { reviewForProcesses } from '../../src/fleet/backends/process/review.ts';
import { ResourceStore } from '../../src/fleet/store/resource-store.ts';
import { ManualClock } from './manual-clock.ts';

export const TOKEN = 'api-token';
const SEALING = sealingWith(new Uint8Array(32));

export const POOLS = '/apis/actions.summerwind.dev/v1alpha1/namespaces/default/runnerdeployments';

/** A RunnerDeployment with runners of this spec. */
export const poolOf = (spec: object, replicas?: number) => ({
  apiVersion: 'actions.summerwind.dev/v1alpha1',
  kind: 'RunnerDeployment',
  metadata: { name: 'pool' },
  spec: { replicas, template: { spec } },
});

export const pool = (replicas?: number) => poolOf({ repository: 'octo/app' }, replicas);

/** What tests look into; the rest is compared as a whole. */
export interface Json {
  metadata?: { uid: string; resourceVersion: string; labels?: Record<string, string> };
  details?: { causes: { field: string; reason: string }[] };
  reason?: string;
  message?: string;
  [key: string]: unknown;
}

/** The fleet's API on a store in a file, without a controller. */
export class ApiUnderTest {
  readonly folder: string;
  clock = new ManualClock();
  store: ResourceStore;
  api: Awaited<ReturnType<typeof startApi>>;

  private constructor(folder: string, clock: ManualClock, store: ResourceStore, api: ApiUnderTest['api']) {
    this.folder = folder;
    this.clock = clock;
    this.store = store;
    this.api = api;
  }

  static async start(): Promise<ApiUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'fleet-api-'));
    const { clock, store, api } = await open(folder);
    return new ApiUnderTest(folder, clock, store, api);
  }

  get databaseFile(): string {
    return join(this.folder, 'fleet.db');
  }

  async restart(): Promise<void> {
    await this.#stop();
    Object.assign(this, await open(this.folder));
  }

  async close(): Promise<void> {
    await this.#stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #stop(): Promise<void> {
    await this.api.close();
    this.store.close();
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(this.api.url + path, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
  }

  /** @param type before `+json`, such as `merge-patch` */
  patch(path: string, type: 'merge-patch' | 'json-patch' | 'strategic-merge-patch', patch: object) {
    return this.call('PATCH', path, patch, { 'content-type': `application/${type}+json` });
  }

  /** Server-side apply of YAML or an object. */
  apply(path: string, body: string | object, query = 'fieldManager=me') {
    return this.call('PATCH', `${path}?${query}`, body, { 'content-type': 'application/apply-patch+yaml' });
  }

  /** Reads a watch line by line. */
  async watch(path: string): Promise<{ next(): Promise<unknown>; cancel(): Promise<void> }> {
    const response = await fetch(this.api.url + path, { headers: { authorization: `Bearer ${TOKEN}` } });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let buffer = '';
    return {
      async next() {
        while (!buffer.includes('\n')) {
          const { value, done } = await reader.read();
          if (done) throw new Error('the watch ended');
          buffer += Buffer.from(value ?? []).toString();
        }
        const [line = '', ...rest] = buffer.split('\n');
        buffer = rest.join('\n');
        return JSON.parse(line);
      },
      cancel: () => reader.cancel(),
    };
  }
}

async function open(folder: string): Promise<Pick<ApiUnderTest, 'clock' | 'store' | 'api'>> {
  const clock = new ManualClock();
  const store = new ResourceStore(join(folder, 'fleet.db'), clock, SEALING);
  const options = {
    host: '127.0.0.1',
    port: 0,
    apiToken: TOKEN,
    dataFolder: folder,
    logger: silentLogger,
    plugins: [],
  };
  return { clock, store, api: await startApi({ ...options, store, clock, review: reviewForProcesses }) };
}
