import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Clock } from '../../src/common/clock.ts';
import { silentLogger } from '../../src/common/log.ts';
import type {
  Explanation,
  ReceivedEvent,
  ReceivedEventList,
  RunDetail,
  RunList,
} from '../../src/protocol/dashboard/index.ts';
import type { GenerateJitConfigResponse } from '../../src/protocol/github/runners.ts';
import { type RunningServer, type StartServerOptions, startServer } from '../../src/server/index.ts';
import { git, writeFiles } from './git.ts';
import { call, SimulatedRunner } from './simulated-runner.ts';

export interface TestServerOptions {
  clock?: Clock;
  leaseMs?: number;
  acquireMs?: number;
  port?: number;
  tlsPort?: number;
  host?: string;
  /** Under another name than its own, with a `port` of the test's choice. */
  publicUrl?: string;
  dataFolder?: string;
  webhookSecret?: string;
  notificationsFile?: string;
  runForkPulls?: boolean;
  rateLimit?: number;
  followsEvents?: boolean;
  filters?: StartServerOptions['filters'];
  fleet?: StartServerOptions['fleet'];
}

/** Seconds since the epoch. */
const FIRST_COMMIT_AT = 1_767_225_600;

/** A real server on a data folder of its own, with the calls that tests make most. */
export class TestServer {
  readonly #running: RunningServer;
  readonly #ownUrl: string;
  readonly folder: string;
  #pushes = 0;

  private constructor(running: RunningServer, folder: string, ownUrl: string) {
    this.#running = running;
    this.#ownUrl = ownUrl;
    this.folder = folder;
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const folder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'switchyard-test-')));
    const { dataFolder: _, port = 0, ...rest } = options;
    const dataFolder = join(folder, 'data');
    const running = await startServer({
      host: '127.0.0.1',
      port,
      dataFolder,
      logger: silentLogger,
      ...rest,
    });
    return new TestServer(running, folder, options.publicUrl ? `http://127.0.0.1:${port}` : running.url);
  }

  /** Where it listens. */
  get url(): string {
    return this.#ownUrl;
  }

  /** Of a data folder with a certificate. */
  get httpsUrl(): string | undefined {
    return this.#running.httpsUrl;
  }

  get token(): string {
    return this.#running.adminToken;
  }

  /** Stops it and removes its data. */
  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Stops it; the data stays. */
  stop(): Promise<void> {
    return this.#running.close();
  }

  /** Pushes these files as one commit with the real git. @returns what git printed, which holds the server's words */
  async push(
    files: Record<string, string>,
    options: { repository?: string; ref?: string; message?: string } = {},
  ): Promise<string> {
    const { repository = 'me/app', ref = 'main', message = 'A change' } = options;
    const folder = await mkdtemp(join(this.folder, 'checkout-'));
    await git(folder, 'init', '-q', '-b', 'main');
    await writeFiles(folder, files);
    await git(folder, 'add', '-A');
    // Else two equal pushes within a second would be one commit, and the second would move nothing.
    await git(folder, 'commit', '-q', '--date', `@${FIRST_COMMIT_AT + ++this.#pushes} +0000`, '-m', message);
    const { host } = new URL(this.url);
    return git(
      folder,
      'push',
      '--force',
      `http://x:${this.token}@${host}/${repository}.git`,
      `HEAD:${ref.startsWith('refs/') ? ref : `refs/heads/${ref}`}`,
    );
  }

  /** Pushes one workflow file. */
  pushWorkflow(text: string, options: { repository?: string; ref?: string; message?: string } = {}): Promise<string> {
    return this.push({ '.github/workflows/ci.yml': text }, options);
  }

  async rest<T>(method: string, path: string, json?: unknown): Promise<T> {
    const { status, body } = await call<T>(method, `${this.url}${path}`, { token: this.token, json });
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async jitConfig(name: string, labels: string[], scope = 'enterprises/switchyard', groupId = 1): Promise<string> {
    const answer = await this.rest<GenerateJitConfigResponse>(
      'POST',
      `/api/v3/${scope}/actions/runners/generate-jitconfig`,
      {
        name,
        runner_group_id: groupId,
        labels,
      },
    );
    return answer.encoded_jit_config;
  }

  async runner(name: string, labels = ['self-hosted', 'Linux', 'X64'], scope?: string): Promise<SimulatedRunner> {
    const runner = new SimulatedRunner(await this.jitConfig(name, labels, scope));
    await runner.connect();
    return runner;
  }

  async runs(): Promise<RunList['runs']> {
    return (await this.rest<RunList>('GET', '/switchyard/v1/runs')).runs;
  }

  /** Newest first. */
  async events(repository?: string): Promise<ReceivedEvent[]> {
    const query = repository === undefined ? '' : `?repository=${repository}`;
    return (await this.rest<ReceivedEventList>('GET', `/switchyard/v1/received-events${query}`)).events;
  }

  run(id: number): Promise<RunDetail> {
    return this.rest('GET', `/switchyard/v1/runs/${id}`);
  }

  explainRun(id: number): Promise<Explanation> {
    return this.rest('GET', `/switchyard/v1/runs/${id}/explanation`);
  }

  /** Job keys to how they stand: the conclusion, or the status before. */
  async states(runId: number): Promise<Record<string, string>> {
    const { jobs } = await this.run(runId);
    return Object.fromEntries(jobs.map((job) => [job.name, job.conclusion ?? job.status]));
  }
}

/**
 * Servers for the tests of a file, closed after each.
 * @returns the list itself too, for a test that puts another in a server's place
 */
export function serversPerTest(): { servers: TestServer[]; start(options?: TestServerOptions): Promise<TestServer> } {
  const servers: TestServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  return {
    servers,
    async start(options) {
      const server = await TestServer.start(options);
      servers.push(server);
      return server;
    },
  };
}
