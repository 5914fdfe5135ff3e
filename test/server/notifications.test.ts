import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HookReceiver } from '../support/hook-receiver.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const { start } = serversPerTest();

const DEPLOY = `
name: Deploy
on: push
jobs:
  ship:
    runs-on: self-hosted
    environment: production
    steps: [{ run: 'true' }]
`;

async function telling(rules: object[]): Promise<{ server: TestServer; receiver: HookReceiver }> {
  const receiver = await HookReceiver.start();
  const folder = await mkdtemp(join(tmpdir(), 'notifications-'));
  onTestFinished(async () => {
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  });
  const notificationsFile = join(folder, 'notifications.yaml');
  const receivers = [{ name: 'team', webhook: { url: receiver.url } }];
  await writeFile(notificationsFile, JSON.stringify({ receivers, rules, throttleMinutes: 0 }));
  return { server: await start({ notificationsFile }), receiver };
}

const titles = (receiver: HookReceiver, count: number): Promise<unknown[]> =>
  waitFor(`${count} notifications`, async () =>
    receiver.hooks.length >= count ? receiver.hooks.map(({ payload }) => payload.title) : undefined,
  );

describe('notifications of the server', () => {
  it('tells of a deployment as one message that changes, with its environment and branch', async () => {
    const { server, receiver } = await telling([{ to: 'team', tell: ['deployments'], environments: ['prod*'] }]);
    await server.pushWorkflow(DEPLOY);
    await (await server.runner('box')).runOne();
    expect(await titles(receiver, 2)).toEqual([
      'me/app is being deployed to production',
      'me/app is deployed to production',
    ]);
    expect(receiver.hooks.map(({ payload }) => payload.key)).toEqual(['deployment:1', 'deployment:1']);
    expect(receiver.hooks[1]?.payload).toMatchObject({
      notices: [
        {
          ...{ kind: 'deployments', state: 'success', conclusion: 'success', isGood: true },
          ...{ repository: 'me/app', workflow: 'Deploy', environment: 'production', branch: 'main' },
          url: `${server.url}/runs/1`,
        },
      ],
    });
  });

  it('tells of failures, and of the first success after one, by branch; of other ends nothing', async () => {
    const { server, receiver } = await telling([{ to: 'team', tell: ['failures', 'recoveries'], branches: ['main'] }]);
    let count = 0;
    const run = async (conclusion: 'succeeded' | 'failed' | 'canceled', ref = 'refs/heads/main'): Promise<void> => {
      count++;
      await server.pushWorkflow(`${DEPLOY}# ${count}\n`, { ref });
      await (await server.runner(`box-${count}`)).runOne(conclusion);
    };
    await run('succeeded');
    await run('failed', 'refs/heads/other');
    await run('failed');
    await run('canceled');
    await run('succeeded', 'refs/heads/other');
    await run('succeeded');
    await run('succeeded');
    await run('failed');
    expect(await titles(receiver, 3)).toEqual([
      'Deploy failed on main of me/app',
      'Deploy works again on main of me/app',
      'Deploy failed on main of me/app',
    ]);
  });

  it('tells that another attempt repaired what failed', async () => {
    const { server, receiver } = await telling([{ to: 'team', tell: ['recoveries'] }]);
    await server.pushWorkflow(DEPLOY);
    await (await server.runner('first')).runOne('failed');
    await server.rest('POST', '/api/v3/repos/me/app/actions/runs/1/rerun');
    await (await server.runner('second')).runOne();
    expect(await titles(receiver, 1)).toEqual(['Deploy works again on main of me/app']);
    expect(receiver.hooks[0]?.payload).toMatchObject({ notices: [{ text: expect.stringContaining('attempt 2') }] });
  });

  it('does not start with rules that cannot be read', async () => {
    const rules = [{ to: 'nobody', tell: ['failures'] }];
    await expect(telling(rules)).rejects.toThrow('a rule is for nobody, and no receiver is called so');
  });
});
