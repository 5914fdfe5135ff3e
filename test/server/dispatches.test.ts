import { describe, expect, it } from 'vitest';
import { serversPerTest } from '../support/server.ts';
import { call, githubOf } from '../support/simulated-runner.ts';

const { start } = serversPerTest();

const on = (triggers: string): string =>
  `on: ${triggers}\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`;
const CI = '.github/workflows/ci.yml';

describe('repository_dispatch', () => {
  const path = '/api/v3/repos/me/app/dispatches';

  it('SEM-2.11: starts by its type at the default branch, with what the caller sends', async () => {
    const server = await start();
    await server.pushWorkflow(on('{ repository_dispatch: { types: [deploy] } }'));
    const json = { event_type: 'deploy', client_payload: { stage: 'prod', deep: { n: [1, true] } } };
    expect((await call('POST', server.url + path, { token: server.token, json })).status).toBe(204);
    await server.rest('POST', path, { event_type: 'other' });
    const [run] = await server.runs();
    expect(run).toMatchObject({ event: 'repository_dispatch', ref: 'refs/heads/main', actor: 'admin' });
    const { event } = githubOf(await (await server.runner('box-1')).runOne());
    expect(event).toMatchObject({
      ...{ action: 'deploy', branch: 'main', client_payload: json.client_payload },
      ...{ repository: { full_name: 'me/app' }, sender: { login: 'admin' } },
    });
    const [other] = await server.events();
    expect(other).toMatchObject({ name: 'repository_dispatch', activity: 'other', runs: [] });
    expect(other?.notStarted).toEqual([{ file: CI, filter: 'types', reason: 'other is not in types: deploy.' }]);
  });

  it('SEM-2.11: keeps to its limits', async () => {
    const server = await start();
    await server.pushWorkflow(on('repository_dispatch'));
    const attempt = async (json: object): Promise<string> => {
      const answer = await call<{ message: string }>('POST', server.url + path, { token: server.token, json });
      return `${answer.status} ${answer.body.message}`;
    };
    const keys = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]));
    expect(await attempt({ event_type: 'x'.repeat(101) })).toBe(
      '422 event_type is too long (maximum is 100 characters).',
    );
    expect(await attempt({ event_type: 'x', client_payload: keys(11) })).toBe(
      '422 No more than 10 properties are allowed; 11 were supplied.',
    );
    expect(await attempt({ event_type: 'x', client_payload: { a: 'x'.repeat(65_530) } })).toMatch(
      /^422 client_payload is too/,
    );
    expect(await attempt({ client_payload: {} })).toBe('422 Validation Failed');
    expect(await server.runs()).toEqual([]);
    const most = { event_type: 'x'.repeat(100), client_payload: keys(10) };
    expect((await call('POST', server.url + path, { token: server.token, json: most })).status).toBe(204);
  });

  it('is refused for a repository without a commit', async () => {
    const server = await start();
    await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'app' });
    const answer = await call<{ message: string }>('POST', server.url + path, {
      token: server.token,
      json: { event_type: 'x' },
    });
    expect([answer.status, answer.body.message]).toEqual([
      422,
      'me/app has no branch main, its default one. Push it first.',
    ]);
  });
});

describe('workflow_dispatch', () => {
  const path = '/api/v3/repos/me/app/actions/workflows/ci.yml/dispatches';
  const typed = on(`
  workflow_dispatch:
    inputs:
      name: { required: true }
      dry: { type: boolean }
      count: { type: number, default: 2 }
      stage: { type: choice, options: [dev, prod] }`);

  it('SEM-4.8: gives inputs their types, and the event their texts, whether they are sent as text or as JSON', async () => {
    const server = await start();
    await server.pushWorkflow(typed);
    await server.rest('POST', path, { ref: 'main', inputs: { name: 'x', dry: true, count: 3, stage: 'prod' } });
    await server.rest('POST', path, { ref: 'main', inputs: { name: 'x', dry: 'true' } });
    const seen = [];
    for (const box of ['box-1', 'box-2']) {
      const message = await (await server.runner(box)).runOne();
      seen.push([message.contextData.inputs, (githubOf(message).event as { inputs: object }).inputs]);
    }
    expect(seen).toMatchObject([
      [
        contextOf({ name: 'x', dry: true, count: 3, stage: 'prod' }),
        { name: 'x', dry: 'true', count: '3', stage: 'prod' },
      ],
      [contextOf({ name: 'x', dry: true, count: 2, stage: '' }), { name: 'x', dry: 'true', count: '2', stage: '' }],
    ]);
  });

  it('SEM-4.8: is refused for inputs that are missing, unknown or outside their type', async () => {
    const server = await start();
    await server.pushWorkflow(typed);
    for (const [inputs, message] of [
      [{}, "Required input 'name' not provided"],
      [{ name: 'x', more: '1' }, 'Unexpected inputs provided: ["more"]'],
      [{ name: 'x', stage: 'test' }, "Provided value 'test' for input 'stage' not in the list of allowed values"],
    ] as const) {
      const answer = await call<{ message: string }>('POST', server.url + path, {
        token: server.token,
        json: { ref: 'main', inputs },
      });
      expect([answer.status, answer.body.message]).toEqual([422, message]);
    }
    expect(await server.runs()).toEqual([]);
  });

  it('SEM-4.9: runs at the commit that its ref names at that moment', async () => {
    const server = await start();
    await server.pushWorkflow(on('workflow_dispatch'));
    await server.rest('POST', path, { ref: 'refs/heads/main' });
    await server.push({ [CI]: on('workflow_dispatch') }, { ref: 'refs/tags/v1' });
    await server.push({ [CI]: on('workflow_dispatch') }, { message: 'Later' });
    await server.rest('POST', path, { ref: 'v1' });
    const [tagged, first] = await server.runs();
    expect([first?.ref, tagged?.ref]).toEqual(['refs/heads/main', 'refs/tags/v1']);
    expect(first?.sha).not.toBe(tagged?.sha);
  });
});

/** Context data of a mapping, as far as this file sends it. */
const contextOf = (values: Record<string, unknown>): object => ({
  d: expect.arrayContaining(Object.entries(values).map(([k, v]) => ({ k, v }))),
});
