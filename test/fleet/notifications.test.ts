import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/common/log.ts';
import { FakeBackend } from '../../src/fleet/backends/fake.ts';
import { LEGACY_VERSION } from '../../src/fleet/resources/object.ts';
import { startFleet } from '../../src/fleet/start.ts';
import { GitHubStandIn, STAND_IN_TOKEN } from '../../src/fleet/testing/github-stand-in.ts';
import { HookReceiver } from '../support/hook-receiver.ts';
import { waitFor } from '../support/wait.ts';

it('tells once, not for each runner, that the runners of a pool do not start', async () => {
  const [receiver, github] = await Promise.all([HookReceiver.start(), GitHubStandIn.start()]);
  const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  const notificationsFile = join(folder, 'notifications.yaml');
  const receivers = [{ name: 'ops', webhook: { url: receiver.url } }];
  await writeFile(notificationsFile, JSON.stringify({ receivers, rules: [{ to: 'ops', tell: ['troubles'] }] }));
  const backend = new FakeBackend();
  backend.startError = new Error('no room on this machine');
  const fleet = await startFleet({
    ...{ host: '127.0.0.1', port: 0, dataFolder: join(folder, 'fleet'), notificationsFile },
    ...{ github: { url: github.url, token: STAND_IN_TOKEN }, apiToken: 'api-token' },
    ...{ logger: silentLogger, backend },
  });
  onTestFinished(async () => {
    await fleet.close();
    await Promise.all([receiver.close(), github.close()]);
    await rm(folder, { recursive: true, force: true });
  });
  const base = `${fleet.url}/apis/${LEGACY_VERSION}/namespaces/default/runnerdeployments`;
  await fetch(base, {
    method: 'POST',
    headers: { authorization: 'Bearer api-token', 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: LEGACY_VERSION,
      kind: 'RunnerDeployment',
      metadata: { name: 'builds' },
      spec: { replicas: 3, template: { spec: { repository: 'octo/app' } } },
    }),
  });
  await waitFor('three failed starts', async () => {
    const response = await fetch(`${fleet.url}/api/v1/namespaces/default/events`, {
      headers: { authorization: 'Bearer api-token' },
    });
    const { items } = (await response.json()) as { items: { reason: string }[] };
    return items.filter(({ reason }) => reason === 'FailedStart').length >= 3 ? true : undefined;
  });
  const [hook] = await waitFor('the notification', async () =>
    receiver.hooks.length > 0 ? receiver.hooks : undefined,
  );
  expect(hook?.payload).toMatchObject({
    title: 'default/builds: runners do not start',
    notices: [{ kind: 'troubles', state: 'FailedStart', pool: 'default/builds' }],
  });
  expect(receiver.hooks).toHaveLength(1);
});
