import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/common/log.ts';
import { FakeBackend } from '../../src/fleet/backends/fake.ts';
import { startFleet } from '../../src/fleet/index.ts';
import { GitHubStandIn, STAND_IN_TOKEN } from '../../src/fleet/testing/github-stand-in.ts';
import { type CommandResult, runCommand } from '../support/command-line.ts';

const TOKEN = 'fleet-token';
const API = 'apis/actions.summerwind.dev/v1alpha1/namespaces/default';

describe('switchyard explain pool/NAME', { timeout: 30_000 }, () => {
  let folder: string;
  let github: GitHubStandIn;
  let fleet: Awaited<ReturnType<typeof startFleet>>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-explain-'));
    github = await GitHubStandIn.start();
    fleet = await startFleet({
      ...{ host: '127.0.0.1', port: 0, dataFolder: folder, apiToken: TOKEN, logger: silentLogger },
      github: { url: github.url, token: STAND_IN_TOKEN },
      backend: new FakeBackend(),
    });
  });
  afterEach(async () => {
    await fleet.close();
    await github.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function create(kind: string, name: string, spec: object): Promise<void> {
    const apiVersion = 'actions.summerwind.dev/v1alpha1';
    const response = await fetch(`${fleet.url}/${API}/${kind.toLowerCase()}s`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion, kind, metadata: { name }, spec }),
    });
    expect(response.status).toBe(201);
  }

  const switchyard = (...args: string[]): Promise<CommandResult> =>
    runCommand([...args, '--fleet', fleet.url, '--token', TOKEN]);

  it('says how many runners there are, which rule decides, and what the schedule does next', async () => {
    await create('RunnerDeployment', 'large', { template: { spec: { enterprise: 'all', labels: ['t3a.large'] } } });
    await create('HorizontalRunnerAutoscaler', 'large', {
      scaleTargetRef: { name: 'large' },
      ...{ minReplicas: 2, maxReplicas: 2 },
      scheduledOverrides: [
        { startTime: '2999-01-01T00:00:00+09:00', endTime: '2999-01-02T00:00:00+09:00', minReplicas: 1 },
      ],
    });
    await expect
      .poll(async () => (await switchyard('explain', 'pool/large')).out, { timeout: 10_000 })
      .toContain('2 wanted');
    const { out } = await switchyard('explain', 'pool/large');
    expect(out).toContain('pool default/large: ');
    expect(out).toContain('The HorizontalRunnerAutoscaler large decides, by its minimum and 1 scheduled override.');
    expect(out).toContain('the schedule sets minReplicas 1 instead of 2 (at 2999-01-01 00:00 +09:00)');
    const json = await switchyard('explain', 'pool/large', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ namespace: 'default', name: 'large', desired: 2, min: 2, max: 2 });
  });

  it('shows the next change by the clocks of --tz and in UTC wherever it is shown (D-12)', async () => {
    await create('RunnerDeployment', 'large', { replicas: 0, template: { spec: { enterprise: 'all' } } });
    await create('HorizontalRunnerAutoscaler', 'large', {
      scaleTargetRef: { name: 'large' },
      ...{ minReplicas: 0, maxReplicas: 2 },
      scheduledOverrides: [
        { startTime: '2999-01-01T00:00:00+09:00', endTime: '2999-01-03T00:00:00+09:00', minReplicas: 1 },
      ],
    });
    const utc = 'min=1 time=2998-12-31 15:00:00 +0000 UTC';
    await expect.poll(async () => (await switchyard('get', 'hra', '--tz', 'UTC')).out).toContain(utc);
    const seoul = '2999-01-01 00:00 GMT+9 (2998-12-31 15:00 UTC)';
    expect((await switchyard('get', 'hra', '--tz', 'Asia/Seoul')).out).toContain(`min=1 time=${seoul}`);
    const wide = await switchyard('get', 'hra', '-o', 'wide', '--tz', 'UTC');
    expect(wide.out).toMatch(/^NAME +MIN +MAX +DESIRED +SCHEDULE +NEXT CHANGE\n/);
    expect(wide.out).toContain('2999-01-01 00:00 +09:00 (2998-12-31 15:00 UTC): minReplicas 1 instead of 0');
    const described = (await switchyard('describe', 'hra', 'large', '--tz', 'Asia/Seoul')).out;
    expect(described).toMatch(
      /Next:\n +WHEN +WHAT +DESIRED\n +in \d+d, 2999-01-01 00:00 GMT\+9 \(2998-12-31 15:00 UTC\) .* 1\n/,
    );
    expect((await switchyard('explain', 'pool/large', '--tz', 'Asia/Seoul')).out).toContain(`, ${seoul}: the schedule`);
    expect((await switchyard('explain', 'pool/large', '--tz', 'America/New_York')).out).toContain(
      '2998-12-31 10:00 EST (15:00 UTC)',
    );
  });

  it('refuses a time zone that is none', async () => {
    for (const words of [
      ['get', 'hra'],
      ['describe', 'hra', 'a'],
      ['explain', 'pool/a'],
    ]) {
      const { code, err } = await switchyard(...words, '--tz', 'Mars/Base');
      expect([code, err]).toEqual([2, expect.stringContaining('"Mars/Base" is no time zone')]);
    }
  });

  it('knows no pool of another name, nor in another namespace', async () => {
    await create('RunnerDeployment', 'large', { replicas: 0, template: { spec: { enterprise: 'all' } } });
    expect(await switchyard('explain', 'pool/small')).toMatchObject({ out: '' });
    const { code, err } = await switchyard('explain', 'pool/large', '-n', 'other');
    expect(code).not.toBe(0);
    expect(err).toContain('A pool other/large was not found.');
  });

  it('takes pools by that word alone', async () => {
    const { code, err } = await switchyard('explain', 'large');
    expect(code).toBe(2);
    expect(err).toContain('nor a pool (pool/NAME)');
  });
});
