import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { nextJob, put, type ServiceClient } from '../support/services.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const { start } = serversPerTest();
const DAY_MS = 24 * 60 * 60 * 1000;
const REPO = '/api/v3/repos/me/app/actions';
const workflow = (jobs: string, permissions = '{ actions: write }') =>
  `on: push\npermissions: ${permissions}\njobs: { ${jobs} }\n`;
const job = (name: string) => `${name}: { runs-on: self-hosted, steps: [{ run: 'true' }] }`;

interface Listed {
  artifacts: { database_id: string; name: string; size: string; digest: string; workflow_job_run_backend_id: string }[];
}
interface RestList {
  total_count: number;
  artifacts: {
    id: number;
    name: string;
    expired: boolean;
    size_in_bytes: number;
    digest: string;
    expires_at: string;
  }[];
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function oneJob(server: TestServer): Promise<ServiceClient> {
  await server.pushWorkflow(workflow(job('a')));
  return nextJob(server);
}

async function download(client: ServiceClient, name: string, ids: object = {}): Promise<Response> {
  const { body } = await client.artifact<{ signed_url: string }>('GetSignedArtifactURL', { name, ...ids });
  return fetch(body.signed_url);
}

describe('artifacts of a job', () => {
  it('are uploaded, listed with their digest, and downloaded by another job of the run (runner-protocol 9.2)', async () => {
    const server = await start();
    await server.pushWorkflow(workflow(`${job('a')}, ${job('b')}`));
    const [maker, reader] = [await nextJob(server), await nextJob(server)];
    const id = await maker.upload('site', 'content of the zip');

    const { body } = await reader.artifact<Listed>('ListArtifacts', {});
    expect(body.artifacts).toMatchObject([
      { database_id: String(id), name: 'site', size: '18', digest: `sha256:${sha256('content of the zip')}` },
    ]);
    const response = await download(reader, 'site', {
      workflow_job_run_backend_id: body.artifacts[0]?.workflow_job_run_backend_id,
    });
    expect(await response.text()).toBe('content of the zip');
    expect(response.headers.get('content-type')).toBe('application/zip');
    expect(response.headers.get('content-disposition')).toContain('filename="site.zip"');
  });

  it('are filtered by exact name and by id', async () => {
    const client = await oneJob(await start());
    const [first] = [await client.upload('one', '1'), await client.upload('one-more', '2')];
    const names = async (filter: object) =>
      (await client.artifact<Listed>('ListArtifacts', filter)).body.artifacts.map(({ name }) => name);
    expect(await names({})).toEqual(['one-more', 'one']);
    expect(await names({ name_filter: 'one' })).toEqual(['one']);
    expect(await names({ id_filter: String(first) })).toEqual(['one']);
    expect(await names({ name_filter: null, id_filter: null })).toHaveLength(2);
    expect(await names({ name_filter: 'ONE' })).toEqual([]);
  });

  it('keep the name and media type of a raw file', async () => {
    const client = await oneJob(await start());
    await client.upload('résumé.html', '<p>', { mime_type: 'text/html' });
    const response = await download(client, 'résumé.html');
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="r_sum_.html"; filename*=UTF-8\'\'r%C3%A9sum%C3%A9.html',
    );
  });

  it('are never changed: a name is taken, and the upload URL is worth nothing afterwards', async () => {
    const client = await oneJob(await start());
    const { body } = await client.artifact<{ signed_upload_url: string }>('CreateArtifact', { name: 'x', version: 4 });
    await put(body.signed_upload_url, 'first');
    await client.artifact('FinalizeArtifact', { name: 'x', size: '5' });
    await put(body.signed_upload_url, 'other');
    expect(await (await download(client, 'x')).text()).toBe('first');
    const again = await client.artifact('CreateArtifact', { name: 'x', version: 4 });
    expect([again.status, again.body]).toMatchObject([409, { code: 'already_exists' }]);

    expect((await client.artifact('DeleteArtifact', { name: 'x' })).status).toBe(200);
    await client.upload('x', 'second');
    expect(await (await download(client, 'x')).text()).toBe('second');
  });

  it('may be created anew by the job whose upload broke off, but not by another meanwhile', async () => {
    const server = await start();
    await server.pushWorkflow(workflow(`${job('a')}, ${job('b')}`));
    const [one, other] = [await nextJob(server), await nextJob(server)];
    await one.artifact('CreateArtifact', { name: 'x' });
    expect((await other.artifact('CreateArtifact', { name: 'x' })).status).toBe(409);
    expect((await other.artifact('FinalizeArtifact', { name: 'x', size: '0' })).status).toBe(404);
    await one.upload('x', 'whole');
    await one.artifact('CreateArtifact', { name: 'y' });
    await one.runner.complete(one.message);
    await other.upload('y', 'taken over');
  });

  it('are finalized again after a lost answer, with the same id', async () => {
    const client = await oneJob(await start());
    const id = await client.upload('x', 'abc');
    const again = await client.artifact('FinalizeArtifact', { name: 'x', size: '3' });
    expect(again.body).toEqual({ ok: true, artifact_id: String(id) });
  });

  it.each([
    ['size', { size: '4' }],
    ['digest', { size: '3', hash: `sha256:${sha256('other')}` }],
  ])('are refused and discarded when the %s is not what arrived', async (_what, said) => {
    const client = await oneJob(await start());
    const { body } = await client.artifact<{ signed_upload_url: string }>('CreateArtifact', { name: 'x' });
    await put(body.signed_upload_url, 'abc');
    expect((await client.artifact('FinalizeArtifact', { name: 'x', ...said })).status).toBe(422);
    expect((await client.artifact<Listed>('ListArtifacts', {})).body.artifacts).toEqual([]);
    expect((await client.artifact('FinalizeArtifact', { name: 'x', size: '3' })).status).toBe(404);
  });

  it('are accepted with the right digest, whatever the client counted', async () => {
    const client = await oneJob(await start());
    const { body } = await client.artifact<{ signed_upload_url: string }>('CreateArtifact', { name: 'x' });
    await put(body.signed_upload_url, 'abc');
    const hash = `sha256:${sha256('abc').toUpperCase()}`;
    expect((await client.artifact('FinalizeArtifact', { name: 'x', size: '0', hash })).status).toBe(200);
  });

  it('refuses names that some file system does not have', async () => {
    const client = await oneJob(await start());
    for (const name of ['a/b', '..\\x', 'a:b', 'a"b', 'a\nb', '', 'x'.repeat(257)]) {
      const { status, body } = await client.artifact('CreateArtifact', { name });
      expect([status, body], name).toMatchObject([422, { code: 'invalid_argument' }]);
    }
  });

  it('belong to the run of the token: ids of another are not found, and an ended job uploads nothing', async () => {
    const server = await start();
    const client = await oneJob(server);
    await client.upload('x', 'abc');
    await server.pushWorkflow(workflow(job('a')), { repository: 'you/app' });
    const stranger = await nextJob(server);
    for (const method of [
      'ListArtifacts',
      'GetSignedArtifactURL',
      'DeleteArtifact',
      'CreateArtifact',
      'FinalizeArtifact',
    ]) {
      const body = { ...client.ids, name: 'x', size: '1' };
      expect((await stranger.artifact(method, body)).status, method).toBe(404);
    }
    await client.runner.complete(client.message);
    expect((await client.artifact('CreateArtifact', { name: 'y' })).status).toBe(412);
  });

  it('SEM-29: may have the same name in another attempt; the newest wins, and the older one stays', async () => {
    const server = await start();
    const first = await oneJob(server);
    await first.upload('x', 'first');
    await first.runner.complete(first.message);
    const [run] = await server.runs();
    await waitFor('the run to end', async () => (await server.run(run?.id ?? 0)).status === 'completed');
    await server.rest('POST', `${REPO}/runs/${run?.id}/rerun`, {});
    const second = await nextJob(server);
    await second.upload('x', 'second');
    const { body } = await second.artifact<Listed>('ListArtifacts', { name_filter: 'x' });
    expect(body.artifacts).toHaveLength(2);
    expect(await (await download(second, 'x')).text()).toBe('second');
    expect(await (await download(second, 'x', { workflow_job_run_backend_id: first.message.jobId })).text()).toBe(
      'first',
    );
  });
});

describe('artifacts by REST', () => {
  it('are listed by repository and run, filtered by name, paged, downloaded and deleted', async () => {
    const server = await start();
    const client = await oneJob(server);
    const ids: number[] = [];
    for (const name of ['a', 'b', 'c']) ids.push(await client.upload(name, `content ${name}`));
    const [run] = await server.runs();
    const list = (query = '', of = '') => server.rest<RestList>('GET', `${REPO}${of}/artifacts${query}`);
    expect((await list()).artifacts.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    expect((await list('?name=b', `/runs/${run?.id}`)).artifacts).toMatchObject([{ id: ids[1], size_in_bytes: 9 }]);
    expect(await list('?per_page=2&page=2')).toMatchObject({ total_count: 3, artifacts: [{ name: 'a' }] });

    const zip = await fetch(`${server.url}${REPO}/artifacts/${ids[1]}/zip`, {
      headers: { authorization: `Bearer ${client.gitHubToken}` },
      redirect: 'manual',
    });
    expect(zip.status).toBe(302);
    expect(await (await fetch(zip.headers.get('location') ?? '')).text()).toBe('content b');

    await server.rest('DELETE', `${REPO}/artifacts/${ids[1]}`);
    expect((await list()).total_count).toBe(2);
    expect((await call('GET', `${server.url}${REPO}/artifacts/${ids[1]}`, { token: server.token })).status).toBe(404);
  });

  it('are open to jobs of the repository as far as their permissions go, and to no job of another', async () => {
    const server = await start();
    await server.pushWorkflow(workflow(job('a'), '{ actions: read }'));
    const client = await nextJob(server);
    const id = await client.upload('x', 'abc');
    await server.pushWorkflow(workflow(job('a')), { repository: 'you/app' });
    const stranger = await nextJob(server);
    const ask = async (method: string, token: string) =>
      (await call(method, `${server.url}${REPO}/artifacts/${id}`, { token })).status;
    expect(await ask('GET', client.gitHubToken)).toBe(200);
    expect(await ask('DELETE', client.gitHubToken)).toBe(403);
    expect(await ask('GET', stranger.gitHubToken)).toBe(404);
    expect(await ask('GET', client.token)).toBe(401);
  });
});

describe('the time of artifacts', () => {
  it('is what the workflow asks for, at most the setting', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock });
    const client = await oneJob(server);
    const inDays = (days: number) => new Date(clock.now() + days * DAY_MS).toISOString();
    await client.upload('short', '1', { expires_at: inDays(3) });
    await client.upload('long', '2', { expires_at: inDays(1000) });
    await client.upload('default', '3');
    const { artifacts } = await server.rest<RestList>('GET', `${REPO}/artifacts`);
    expect(Object.fromEntries(artifacts.map(({ name, expires_at }) => [name, expires_at]))).toEqual({
      short: inDays(3),
      long: inDays(90),
      default: inDays(90),
    });
  });

  it('ends: the content goes, and what is left says so', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock });
    const client = await oneJob(server);
    const id = await client.upload('x', 'abc', { expires_at: new Date(clock.now() + DAY_MS).toISOString() });
    await client.artifact('CreateArtifact', { name: 'given up' });
    clock.advance(DAY_MS + 60 * 60 * 1000);
    const expired = await waitFor('the artifact to expire', async () => {
      const { artifacts } = await server.rest<RestList>('GET', `${REPO}/artifacts`);
      return artifacts[0]?.expired && artifacts;
    });
    expect(expired).toMatchObject([{ id, name: 'x', size_in_bytes: 3 }]);
    const zip = await call('GET', `${server.url}${REPO}/artifacts/${id}/zip`, { token: server.token });
    expect(zip.status).toBe(410);
    const left = await readdir(join(server.folder, 'data', 'blobs', 'artifacts'), { recursive: true });
    expect(left.filter((name) => name.includes('/'))).toEqual([]);
  });
});
