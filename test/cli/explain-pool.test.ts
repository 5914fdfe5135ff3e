import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Sink } from '../../src/cli/terminal/terminal.ts';
import { silentLogger } from '../../src/common/log.ts';
import { FakeBackend } from '../../src/fleet/backends/fake.ts';
import { startFleet } from '../../src/fleet/index.ts';
import { GitHubStandIn, STAND_IN_TOKEN } from '../../src/fleet/testing/github-stand-in.ts';

const TOKEN = 'fleet-token';
const API = 'apis/actions.summerwind.dev/v1alpha1/namespaces/default';

class Recorder implements Sink {
  text = '';
  readonly columns = 200;
  readonly rows = 50;
  write(text: string): void {
    this.text += text;
  }
}

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

  async function switchyard(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const [out, err] = [new Recorder(), new Recorder()];
    const terminal = { out, err, interactive: false, colors: pc.createColors(false) };
    const code = await runProgram(commands, [...args, '--fleet', fleet.url, '--token', TOKEN], terminal);
    return { code, out: out.text, err: err.text };
  }

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
