import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/common/log.ts';
import { startFleet } from '../../src/fleet/index.ts';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import type { TestServer } from './server.ts';
import { call } from './simulated-runner.ts';
import { waitFor } from './wait.ts';

type RunningFleet = Awaited<ReturnType<typeof startFleet>>;

/** A real fleet on a data folder of its own, with real runner processes for every repository of a server. */
export class TestFleet {
  readonly #running: RunningFleet;
  readonly #folder: string;

  private constructor(running: RunningFleet, folder: string) {
    this.#running = running;
    this.#folder = folder;
  }

  /** Resolves when all `replicas` ephemeral runners of the RunnerDeployment `name` are idle. */
  static async start(server: TestServer, replicas: number, name = 'linux'): Promise<TestFleet> {
    const folder = await mkdtemp(join(tmpdir(), 'switchyard-fleet-'));
    const running = await startFleet({
      host: '127.0.0.1',
      port: 0,
      dataFolder: folder,
      github: { url: server.url, token: server.token },
      apiToken: 'fleet-token',
      logger: silentLogger,
    });
    const fleet = new TestFleet(running, folder);
    try {
      await fleet.#deploy(name, replicas);
      await waitFor(`${replicas} idle runners`, () => hasIdle(server, replicas));
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  /** Where its API is, and the token for it. */
  get place(): { url: string; token: string } {
    return { url: this.#running.url, token: 'fleet-token' };
  }

  async close(): Promise<void> {
    await this.#running.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #deploy(name: string, replicas: number): Promise<void> {
    const path = '/apis/actions.summerwind.dev/v1alpha1/namespaces/default/runnerdeployments';
    const { status, body } = await call('POST', `${this.#running.url}${path}`, {
      token: 'fleet-token',
      json: {
        apiVersion: 'actions.summerwind.dev/v1alpha1',
        kind: 'RunnerDeployment',
        metadata: { name },
        spec: { replicas, template: { spec: { enterprise: 'switchyard' } } },
      },
    });
    if (status >= 400) throw new Error(`the fleet answered ${status}: ${JSON.stringify(body)}`);
  }
}

async function hasIdle(server: TestServer, count: number): Promise<boolean> {
  const { runners } = await server.rest<RunnerList>('GET', '/switchyard/v1/runners');
  return runners.filter(({ state }) => state === 'idle').length === count;
}
