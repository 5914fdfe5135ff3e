import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../common/clock.ts';
import { silentLogger } from '../common/log.ts';
import { GitHubClient } from '../github/index.ts';
import { ProcessBackend } from './backends/process/process-backend.ts';
import { startTimeOf } from './backends/process/process-table.ts';
import { CredentialPool } from './credentials/credential-pool.ts';
import { Controller } from './reconcilers/controller.ts';
import { LEGACY_VERSION } from './resources/object.ts';
import { startFleet } from './start.ts';
import { EventRecorder } from './store/event-recorder.ts';
import { ResourceStore } from './store/resource-store.ts';
import { GitHubStandIn, STAND_IN_TOKEN } from './testing/github-stand-in.ts';

const program = fileURLToPath(new URL('./testing/runner-program.mjs', import.meta.url));
const API_TOKEN = 'api-token';

describe('the fleet with real processes', { timeout: 30_000 }, () => {
  let folder: string;
  let github: GitHubStandIn;
  let fleet: Awaited<ReturnType<typeof startFleet>> | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleet-'));
    github = await GitHubStandIn.start();
  });
  afterEach(async () => {
    await fleet?.close();
    fleet = undefined;
    await github.close();
    await rm(folder, { recursive: true, force: true });
  });

  const newBackend = (): ProcessBackend =>
    new ProcessBackend({
      runnerRoot: join(folder, 'runners'),
      externals: join(folder, 'externals'),
      clock: systemClock,
      logger: silentLogger,
      command: [process.execPath, program, 'runner'],
    });

  async function start(): Promise<void> {
    fleet = await startFleet({
      host: '127.0.0.1',
      port: 0,
      dataFolder: folder,
      github: { url: github.url, token: STAND_IN_TOKEN },
      apiToken: API_TOKEN,
      logger: silentLogger,
      backend: newBackend(),
    });
  }

  async function call(method: string, path: string, body?: unknown): Promise<{ items?: unknown[] }> {
    const response = await fetch(`${fleet?.url}/apis/${LEGACY_VERSION}/namespaces/default/${path}`, {
      method,
      headers: { authorization: `Bearer ${API_TOKEN}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    expect(response.status).toBeLessThan(300);
    return (await response.json()) as { items?: unknown[] };
  }

  const deploy = (replicas: number, spec: object = {}): Promise<unknown> =>
    call('POST', 'runnerdeployments', {
      apiVersion: LEGACY_VERSION,
      kind: 'RunnerDeployment',
      metadata: { name: 'pool' },
      spec: { replicas, template: { spec: { enterprise: 'switchyard', ...spec } } },
    });

  const online = () => [...github.runners.values()].filter(({ status }) => status === 'online');
  const waitForOnline = (count: number): Promise<void> => github.waitForOnline(() => online().length === count);
  const pids = (): Promise<number[]> =>
    Promise.all(
      online().map(async ({ name }) => {
        return JSON.parse(await readFile(join(folder, 'runners', name, 'process.json'), 'utf8')).pid as number;
      }),
    );
  const alive = async (all: number[]): Promise<number> =>
    (await Promise.all(all.map(startTimeOf))).filter((time) => time !== undefined).length;

  it('keeps two runners polling, and replaces one as soon as it has done its job', async () => {
    await start();
    await deploy(2);
    await waitForOnline(2);
    const [first] = online();
    github.assign(first?.id ?? 0);
    await github.waitForOnline(() => online().length === 2 && !online().some(({ id }) => id === first?.id));
    expect(online()).toHaveLength(2);
    await expect
      .poll(() => stat(join(folder, 'runners', first?.name ?? '')).catch(() => 'gone'), { timeout: 10_000 })
      .toBe('gone');
  });

  it('leaves no process and no registration behind when it closes, and starts afresh', async () => {
    await start();
    await deploy(2);
    await waitForOnline(2);
    const before = await pids();
    await fleet?.close();
    fleet = undefined;
    expect(await alive(before)).toBe(0);
    expect(github.runners.size).toBe(0);
    await start();
    await waitForOnline(2);
  });

  for (const ephemeral of [true, false]) {
    it(`lets a runner go on with its job while the fleet is started anew (ephemeral: ${ephemeral})`, async () => {
      await start();
      await deploy(2, { ephemeral });
      await waitForOnline(2);
      const [busy, idle] = online();
      const [busyPid = 0, idlePid = 0] = await pids();
      github.assign(busy?.id ?? 0, 3_000);
      await fleet?.close({ keepsBusy: true });
      fleet = undefined;
      expect(await alive([busyPid])).toBe(1);
      expect(await alive([idlePid])).toBe(0);
      expect(github.runners.get(busy?.id ?? 0)?.busy).toBe(true);
      expect(github.runners.has(idle?.id ?? 0)).toBe(!ephemeral);
      for (const runner of github.runners.values()) if (!runner.busy) runner.status = 'offline';
      await start();
      await waitForOnline(2);
      await expect.poll(() => github.runners.get(busy?.id ?? 0)?.busy ?? false, { timeout: 10_000 }).toBe(false);
      await expect.poll(() => alive([busyPid]), { timeout: 10_000 }).toBe(ephemeral ? 0 : 1);
      await expect.poll(() => online().length, { timeout: 10_000 }).toBe(2);
    });
  }

  it('keeps the registration of a lasting runner over its jobs and over a restart', async () => {
    await start();
    await deploy(1, { ephemeral: false });
    await waitForOnline(1);
    const [runner] = online();
    const config = join(folder, 'runners', runner?.name ?? '', '.jitconfig');
    expect((await stat(config)).mode & 0o777).toBe(0o600);
    if (runner) runner.status = 'offline';
    github.assign(runner?.id ?? 0);
    await waitForOnline(1);
    await fleet?.close();
    if (runner) runner.status = 'offline';
    await start();
    await waitForOnline(1);
    expect(online()).toEqual([runner]);
  });

  it('after kill -9 adopts what runs, cleans up what died, and stops an adopted runner only when the server agrees', async () => {
    const crashed = await startController();
    const { store } = crashed;
    store.create('runnerdeployments', {
      apiVersion: LEGACY_VERSION,
      kind: 'RunnerDeployment',
      metadata: { name: 'pool', namespace: 'default' },
      spec: { replicas: 2, template: { spec: { enterprise: 'switchyard' } } },
    });
    await waitForOnline(2);
    const [dies, lives] = online();
    const [deadPid = 0, livingPid = 0] = await pids();
    await crashed.controller.settled();
    crashed.controller.abandon();
    await crashed.backend.close();
    store.close();
    process.kill(deadPid, 'SIGKILL');
    await expect.poll(() => startTimeOf(deadPid), { timeout: 10_000 }).toBeUndefined();

    await start();
    await github.waitForOnline(() => online().length === 2 && !github.runners.has(dies?.id ?? 0));
    expect(github.runners.has(lives?.id ?? 0)).toBe(true);
    expect(await alive([livingPid])).toBe(1);
    github.assign(lives?.id ?? 0, 300);
    await call('DELETE', 'runnerdeployments/pool');
    await expect.poll(async () => (await call('GET', 'runners')).items, { timeout: 10_000 }).toEqual([]);
    expect(await alive([livingPid])).toBe(0);
    expect(github.runners.size).toBe(0);
  });

  /** As `startFleet` wires it, but within reach, so that it can be abandoned. */
  async function startController() {
    const store = new ResourceStore(join(folder, 'fleet.db'), systemClock);
    const backend = newBackend();
    const client = new GitHubClient({ url: github.url, token: STAND_IN_TOKEN });
    const events = new EventRecorder(store, systemClock);
    const credentials = new CredentialPool(store, client, systemClock);
    const parts = { store, events, backend, credentials, clock: systemClock, logger: silentLogger };
    return { store, backend, controller: await Controller.start(parts) };
  }
});
