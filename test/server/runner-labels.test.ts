import { describe, expect, it } from 'vitest';
import type { RunnerPage } from '../../src/protocol/github/runners.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';

const { start } = serversPerTest();

const RUNNERS = '/enterprises/switchyard/actions/runners';
const wantsGpu = "on: push\njobs: { a: { runs-on: [self-hosted, gpu], steps: [{ run: 'true' }] } }";

interface Labels {
  total_count: number;
  labels: { id: number; name: string; type: string }[];
}

async function labelsPath(server: TestServer, name: string): Promise<string> {
  const { runners } = await server.rest<RunnerPage>('GET', `/api/v3${RUNNERS}`);
  return `/api/v3${RUNNERS}/${runners.find((runner) => runner.name === name)?.id}/labels`;
}

const namesIn = ({ labels }: Labels): string[] => labels.map(({ name }) => name);

async function send(server: TestServer, method: string, path: string, json?: unknown) {
  const { status, body } = await call<{ message: string }>(method, `${server.url}${path}`, {
    token: server.token,
    json,
  });
  return { status, message: body?.message };
}

describe('labels of a runner', () => {
  it('SEM-13.3: are added, replaced and taken away, but for those that say what the machine is', async () => {
    const server = await start();
    await server.jitConfig('box', ['self-hosted', 'Linux', 'big']);
    const path = await labelsPath(server, 'box');
    const all = await server.rest<Labels>('POST', path, { labels: ['gpu', 'BIG', 'LINUX'] });
    expect(all).toEqual({
      total_count: 4,
      labels: [
        { id: 1, name: 'self-hosted', type: 'read-only' },
        { id: 2, name: 'Linux', type: 'read-only' },
        { id: 3, name: 'big', type: 'custom' },
        { id: 4, name: 'gpu', type: 'custom' },
      ],
    });
    expect(await server.rest('GET', path)).toEqual(all);
    expect(namesIn(await server.rest('DELETE', `${path}/Big`))).toEqual(['self-hosted', 'Linux', 'gpu']);
    expect(namesIn(await server.rest('PUT', path, { labels: ['a/b'] }))).toEqual(['self-hosted', 'Linux', 'a/b']);
    expect(namesIn(await server.rest('DELETE', `${path}/a%2Fb`))).toEqual(['self-hosted', 'Linux']);
    await server.rest('POST', path, { labels: ['x'] });
    expect(namesIn(await server.rest('DELETE', path))).toEqual(['self-hosted', 'Linux']);
  });

  it('that were added by name alone can be taken away again, whatever they are called', async () => {
    const server = await start();
    await server.jitConfig('box', ['self-hosted']);
    const path = await labelsPath(server, 'box');
    await server.rest('POST', path, { labels: ['arm64'] });
    expect(namesIn(await server.rest('DELETE', `${path}/arm64`))).toEqual(['self-hosted']);
  });

  it('are refused where they make no sense, and nothing is changed', async () => {
    const server = await start();
    await server.jitConfig('box', ['self-hosted', 'big']);
    const path = await labelsPath(server, 'box');
    const many = Array.from({ length: 99 }, (_, index) => `l-${index}`);
    expect(await send(server, 'DELETE', `${path}/self-hosted`)).toEqual({
      status: 422,
      message: expect.stringContaining('Validation Failed: the label self-hosted is read-only.'),
    });
    expect(await send(server, 'POST', path, { labels: many })).toMatchObject({ status: 422 });
    expect(await send(server, 'POST', path, { labels: [] })).toEqual({ status: 422, message: 'Validation Failed' });
    expect(await send(server, 'PUT', path, { labels: [''] })).toEqual({ status: 422, message: 'Validation Failed' });
    expect(await send(server, 'DELETE', `${path}/none`)).toEqual({ status: 404, message: 'Not Found' });
    expect(await send(server, 'GET', path.replace(/\d+/, '999'))).toMatchObject({ status: 404 });
    const elsewhere = path.replace('enterprises/switchyard', 'orgs/me');
    expect(await send(server, 'POST', elsewhere, { labels: ['gpu'] })).toMatchObject({ status: 404 });
    expect(namesIn(await server.rest('GET', path))).toEqual(['self-hosted', 'big']);
  });

  it('count at once for a poll that is parked and a job that waits', async () => {
    const server = await start();
    const runner = await server.runner('box');
    const offer = runner.waitForJob();
    await server.pushWorkflow(wantsGpu);
    expect(await server.states(1)).toEqual({ a: 'queued' });
    await server.rest('POST', await labelsPath(server, 'box'), { labels: ['gpu'] });
    const { body: job } = await runner.acquire(await offer);
    expect(job.jobName).toBe('a');
    await runner.complete(job);
  });

  it('that are taken away keep jobs away at once, also from a poll that is parked', async () => {
    const server = await start();
    const [first, second] = [await server.runner('one', ['self-hosted', 'gpu']), await server.runner('two')];
    const offers = [first, second].map((runner) => runner.waitForJob());
    await server.rest('DELETE', await labelsPath(server, 'one'));
    await server.rest('PUT', await labelsPath(server, 'two'), { labels: ['gpu'] });
    await server.pushWorkflow(wantsGpu);
    const { body: job } = await second.acquire(await (offers[1] ?? Promise.reject(new Error('no poll'))));
    expect(job.jobName).toBe('a');
    await second.complete(job);
    await server.pushWorkflow(wantsGpu, { message: 'again' });
    expect(await server.states(2)).toEqual({ a: 'queued' });
    await server.rest('POST', await labelsPath(server, 'one'), { labels: ['gpu'] });
    expect((await first.acquire(await (offers[0] ?? Promise.reject(new Error('no poll'))))).body.jobName).toBe('a');
  });

  it('that were added are those that the page shows, too', async () => {
    const server = await start();
    await server.jitConfig('box', ['self-hosted']);
    await server.rest('POST', await labelsPath(server, 'box'), { labels: ['gpu'] });
    const { runners } = await server.rest<{ runners: { labels: string[] }[] }>('GET', '/switchyard/v1/runners');
    expect(runners).toMatchObject([{ labels: ['self-hosted', 'gpu'] }]);
  });
});

it('GET …/runners/downloads names none: runners do not come from the server', async () => {
  const server = await start();
  expect(await server.rest('GET', `/api/v3${RUNNERS}/downloads`)).toEqual([]);
});
