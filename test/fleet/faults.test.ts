/** Why a job waits, from the event to the runner: a real server, a real fleet and the command line, with a fault between. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/common/log.ts';
import { FakeBackend } from '../../src/fleet/backends/fake.ts';
import { startFleet } from '../../src/fleet/index.ts';
import { runCommandAt } from '../support/command-line.ts';
import { TestServer } from '../support/server.ts';
import { call, SimulatedRunner } from '../support/simulated-runner.ts';

const NOBODY = 'http://127.0.0.1:9';
const workflow = (labels: string, more = ''): string =>
  `on: push\njobs:\n  build: { runs-on: ${labels}, steps: [{ run: 'true' }] }\n${more}`;

describe('switchyard explain job/ID', { timeout: 60_000 }, () => {
  let folder: string;
  let server: TestServer;
  let fleet: Awaited<ReturnType<typeof startFleet>> | undefined;
  let backend: FakeBackend;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-faults-'));
    server = await TestServer.start();
    backend = new FakeBackend();
  });
  afterEach(async () => {
    await fleet?.close();
    fleet = undefined;
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** @param token that the fleet shows the server */
  async function deploy(labels: string[], replicas: number, token = server.token): Promise<void> {
    fleet = await startFleet({
      ...{ host: '127.0.0.1', port: 0, dataFolder: folder, apiToken: server.token, logger: silentLogger, backend },
      github: { url: server.url, token },
    });
    const path = '/apis/actions.summerwind.dev/v1alpha1/namespaces/default/runnerdeployments';
    const { status } = await call('POST', `${fleet.url}${path}`, {
      token: server.token,
      json: {
        apiVersion: 'actions.summerwind.dev/v1alpha1',
        kind: 'RunnerDeployment',
        metadata: { name: 'pool' },
        spec: { replicas, template: { spec: { enterprise: 'switchyard', labels } } },
      },
    });
    expect(status).toBe(201);
  }

  async function explain(what: string, ...more: string[]): Promise<string> {
    const { code, out, err } = await runCommandAt(server, 'explain', what, '--fleet', fleet?.url ?? NOBODY, ...more);
    expect(code, err).toBe(0);
    return out;
  }

  it('names the label that no pool has, and the pool that lacks least', async () => {
    await deploy(['gpu'], 0);
    await server.pushWorkflow(workflow('[self-hosted, gpu, huge]'));
    const text = await explain('job/1');
    expect(text).toContain('! First broken link: No pool has the label huge; the nearest is pool, which lacks huge.');
    expect(JSON.parse(await explain('job/1', '--json'))).toMatchObject({
      firstBrokenLink: { at: 'fleet' },
      fleet: { cause: { code: 'no-pool-has-label' }, pools: [] },
    });
  });

  it('names a pool that nobody makes larger', async () => {
    await deploy(['gpu'], 0);
    await server.pushWorkflow(workflow('[self-hosted, gpu]'));
    expect(await explain('1')).toContain(
      'Pool default/pool: 1 queued job waits: the RunnerDeployment pool asks for 0 runners, and no autoscaler raises that.',
    );
  });

  it('names a token that the server refuses', async () => {
    await deploy(['gpu'], 1, 'expired');
    await server.pushWorkflow(workflow('[self-hosted, gpu]'));
    await expect
      .poll(() => explain('job/1'), { timeout: 10_000 })
      .toMatch(/First broken link: The server refuses the credentials \(since .*\): POST .* answered 401/);
  });

  it('names the wall, which only the server knows', async () => {
    const prod = await server.runner('prod', ['self-hosted', 'gpu']);
    const { runners } = await server.rest<{ runners: { id: number }[] }>('GET', '/switchyard/v1/runners');
    await server.rest('PUT', `/switchyard/v1/runners/${runners[0]?.id}/wall`, { environments: ['production'] });
    const next = prod.waitForJob();
    await deploy([], 0);
    await server.pushWorkflow(workflow('[self-hosted, gpu]'));
    expect(await explain('job/1')).toMatch(/First broken link: prod stands behind a wall: a job must/);
    void next.catch(() => undefined);
  });

  it('stays with the server for a job that waits for another, and asks no fleet about it', async () => {
    await server.pushWorkflow(
      workflow('[self-hosted, gpu]', "  after: { needs: build, runs-on: gpu, steps: [{ run: 'true' }] }\n"),
    );
    const found = JSON.parse(await explain('job/2', '--json'));
    expect(found.firstBrokenLink).toEqual({ at: 'server', text: 'It needs build (queued) to complete first.' });
    expect(found).not.toHaveProperty('fleet');
  });

  it('says so when the fleet is not reached, and tells the rest', async () => {
    await server.pushWorkflow(workflow('[self-hosted, gpu]'));
    const text = await explain('job/1');
    expect(text).toContain('No runner is registered.');
    expect(text).toContain(`! First broken link: The fleet cannot be asked: Nothing answers at ${NOBODY}.`);
  });

  it('tells the whole way of a job that has run, from the event to its runner', async () => {
    await server.pushWorkflow(workflow('[self-hosted, gpu]'));
    await deploy(['gpu'], 1);
    await expect.poll(() => backend.started.length, { timeout: 10_000 }).toBe(1);
    expect(await explain('job/1')).toMatch(/First broken link: pool-\S+ has been starting for \d+ s\./);
    const runner = new SimulatedRunner(backend.started[0]?.jitConfig ?? '');
    await runner.connect();
    await runner.runOne();
    const text = await explain('job/1');
    expect(text).not.toContain('First broken link');
    const order = ['The event push was taken in.', 'Created.', 'Ready; asks for a runner', 'The backend was asked to'];
    const places = [...order, 'was started.', 'Taken by pool-', 'Ended with success.'].map((part) =>
      text.indexOf(part),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });
});
