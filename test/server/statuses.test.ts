import { describe, expect, it } from 'vitest';
import { HookReceiver } from '../support/hook-receiver.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { webhookProblems } from '../support/webhook-schemas.ts';

const { start } = serversPerTest();
const APP = '/api/v3/repos/me/app';
const ON_STATUS = `
on: { status: , push: { branches: [none] } }
run-name: \${{ github.event.context }} \${{ github.event.state }}
jobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }
`;

interface Status {
  id: number;
  context: string;
  state: string;
  sha: string;
}

async function withCommit(): Promise<{ server: TestServer; sha: string; say: (json: object) => Promise<Status> }> {
  const server = await start();
  await server.pushWorkflow(ON_STATUS);
  const { object } = await server.rest<{ object: { sha: string } }>('GET', `${APP}/git/ref/heads/main`);
  const say = (json: object) => server.rest<Status>('POST', `${APP}/statuses/${object.sha}`, json);
  return { server, sha: object.sha, say };
}

const combined = async (server: TestServer, ref: string) => {
  const { state, statuses } = await server.rest<{ state: string; statuses: Status[] }>(
    'GET',
    `${APP}/commits/${ref}/status`,
  );
  return [state, statuses.map(({ context, state }) => `${context}: ${state}`)];
};

describe('commit statuses', () => {
  it('are listed newest first, and combined by the newest of each context, whose name ignores case', async () => {
    const { server, sha, say } = await withCommit();
    expect(await combined(server, 'main')).toEqual(['pending', []]);
    await say({ state: 'pending', context: 'ci/Build' });
    await say({ state: 'success' });
    expect(await combined(server, sha)).toEqual(['pending', ['ci/Build: pending', 'default: success']]);
    await say({ state: 'success', context: 'ci/build', description: 'Good.', target_url: 'https://ci.example/1' });
    expect(await combined(server, 'main')).toEqual(['success', ['default: success', 'ci/build: success']]);
    await say({ state: 'error', context: 'lint' });
    expect((await combined(server, 'main'))[0]).toBe('failure');
    const all = await server.rest<Status[]>('GET', `${APP}/commits/main/statuses?per_page=3`);
    expect(all.map(({ context, state }) => `${context}: ${state}`)).toEqual([
      'lint: error',
      'ci/build: success',
      'default: success',
    ]);
  });

  it('SEM-2.4: start workflows on status at the default branch, and are told to webhooks', async () => {
    const receiver = await HookReceiver.start();
    try {
      const { server, sha, say } = await withCommit();
      const config = { url: receiver.url, content_type: 'json' };
      await server.rest('POST', `${APP}/hooks`, { name: 'web', config, events: ['status'] });
      await say({ state: 'failure', context: 'external' });
      expect((await server.runs()).map(({ title, ref, sha }) => [title, ref, sha])).toEqual([
        ['external failure', 'refs/heads/main', sha],
      ]);
      const { payload } = await receiver.get('status');
      expect(webhookProblems('status', payload)).toEqual([]);
      expect(payload).toMatchObject({ state: 'failure', branches: [{ name: 'main', commit: { sha } }] });
    } finally {
      await receiver.close();
    }
  });

  it('are refused for commits that are not there, states that GitHub has not and links that are no web pages', async () => {
    const { server, sha } = await withCommit();
    const status = async (of: string, json: object) =>
      (await call('POST', `${server.url}${APP}/statuses/${of}`, { token: server.token, json })).status;
    expect(await status('0'.repeat(40), { state: 'success' })).toBe(422);
    expect(await status('main', { state: 'success' })).toBe(422);
    expect(await status(sha, { state: 'green' })).toBe(422);
    expect(await status(sha, { state: 'success', target_url: 'javascript:alert(1)' })).toBe(422);
    expect(await status(sha, { state: 'success', description: 'x'.repeat(141) })).toBe(422);
    expect(await combined(server, sha)).toEqual(['pending', []]);
  });

  it('are what a deployment waits for: by default all there are, else those that it names, check runs too', async () => {
    const { server, say } = await withCommit();
    const deploy = async (required_contexts?: string[]) => {
      const json = { ref: 'main', required_contexts };
      return (await call('POST', `${server.url}${APP}/deployments`, { token: server.token, json })).status;
    };
    expect([await deploy(), await deploy(['ci'])]).toEqual([201, 409]);
    await say({ state: 'pending', context: 'ci' });
    expect([await deploy(), await deploy(['CI']), await deploy([])]).toEqual([409, 409, 201]);
    await say({ state: 'success', context: 'ci' });
    expect([await deploy(), await deploy(['CI']), await deploy(['ci', 'a'])]).toEqual([201, 201, 409]);
    await (await server.runner('green')).runOne();
    await (await server.runner('red')).runOne('failed');
    // The newest run of the job counts.
    expect(await deploy(['ci', 'a'])).toBe(409);
  });
});
