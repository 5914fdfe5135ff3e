import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScaleSetClient } from '../support/scale-set-client.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';

const { servers, start } = serversPerTest();
const APP = '/api/v3/repos/me/app';
const CI = "on: push\njobs: { a: { runs-on: self-hosted, environment: prod, steps: [{ run: 'true' }] } }\n";

const ask = async (server: TestServer, method: string, path: string, json?: object) =>
  (await call(method, server.url + path, { token: server.token, json })).status;

describe('a repository that is deleted', () => {
  it('takes runs, settings and grants with it, so that another of its name inherits nothing', async () => {
    const server = await start();
    await server.pushWorkflow(CI);
    await server.rest('POST', `${APP}/actions/variables`, { name: 'STAGE', value: 'dev' });
    await server.rest('POST', `${APP}/actions/runners/registration-token`);
    await server.rest('POST', '/switchyard/v1/users', { login: 'ann' });
    await server.rest('PUT', `${APP}/collaborators/ann`, { permission: 'push' });
    expect(await ask(server, 'DELETE', APP)).toBe(409);
    await (await server.runner('box')).runOne();
    expect(await ask(server, 'DELETE', APP)).toBe(204);
    expect([await ask(server, 'GET', APP), await ask(server, 'DELETE', APP)]).toEqual([404, 404]);
    expect(await server.runs()).toEqual([]);
    const folders = join(server.folder, 'data', 'repositories');
    expect(existsSync(join(folders, 'me', 'app.git'))).toBe(false);
    expect(await readdir(join(folders, '.deleted'))).toEqual([]);
    await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'app' });
    expect(await server.rest('GET', `${APP}/actions/variables`)).toMatchObject({ total_count: 0 });
    expect(await server.rest('GET', `${APP}/branches`)).toEqual([]);
    const people = await server.rest<{ login: string }[]>('GET', `${APP}/collaborators`);
    expect(people.map(({ login }) => login)).not.toContain('ann');
    const { acts } = await server.rest<{ acts: { action: string; place: string }[] }>('GET', '/switchyard/v1/audit');
    expect(acts.map(({ action, place }) => `${action} ${place}`)).toContainEqual(expect.stringMatching(/me\/app/));
  });
});

describe('the scale sets of a deleted repository', () => {
  it('go with it, and those of its owner and of another repository stay (runner-protocol 10)', async () => {
    const server = await start();
    for (const name of ['app', 'web']) await server.rest('POST', '/api/v3/orgs/me/repos', { name });
    for (const scope of ['repos/me/app', 'repos/me/web', 'orgs/me']) {
      await (await ScaleSetClient.connect(server, scope)).create(`set-of-${scope.at(-1)}`);
    }
    expect(await ask(server, 'DELETE', APP.replace('app', 'APP'))).toBe(204);
    await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'app' });
    const sets = async (scope: string) =>
      (await (await ScaleSetClient.connect(server, scope)).list<{ name: string }>('runtime/runnerscalesets')).value;
    expect(await sets('repos/me/app')).toEqual([]);
    expect(await sets('repos/me/web')).toMatchObject([{ name: 'set-of-b' }]);
    expect(await sets('orgs/me')).toMatchObject([{ name: 'set-of-e' }]);
    await server.pushWorkflow(CI.replace('self-hosted', 'set-of-p'));
    const [run] = await server.runs();
    const job = (await server.run(run?.id ?? 0)).jobs[0];
    expect(job?.reason).not.toContain('scale set');
  });
});

describe('a deletion that a stop of the server interrupts', () => {
  it('before it was committed leaves the repository as it was', async () => {
    const server = await start();
    await server.push({ 'a.txt': '1' });
    const { id } = await server.rest<{ id: number }>('GET', APP);
    await server.stop();
    const folders = join(server.folder, 'data', 'repositories');
    await mkdir(join(folders, '.deleted'));
    await rename(join(folders, 'me/app.git'), join(folders, '.deleted', `${id}.git`));
    const again = await TestServer.start({ dataFolder: server.folder });
    servers.push(again);
    expect(await again.rest('GET', `${APP}/branches`)).toMatchObject([{ name: 'main' }]);
  });
});

describe('repositories', () => {
  it('are listed for whoever may see them, by owner too', async () => {
    const server = await start();
    for (const owner of ['me', 'you']) await server.rest('POST', `/api/v3/orgs/${owner}/repos`, { name: 'app' });
    const names = async (path: string) =>
      (await server.rest<{ full_name: string }[]>('GET', `/api/v3${path}`)).map(({ full_name }) => full_name);
    expect(await names('/user/repos')).toEqual(['me/app', 'you/app']);
    expect(await names('/user/repos?per_page=1&page=2')).toEqual(['you/app']);
    expect([await names('/orgs/ME/repos'), await names('/users/you/repos')]).toEqual([['me/app'], ['you/app']]);
    expect(await server.rest('GET', '/api/v3/orgs/YOU')).toMatchObject({ login: 'you', total_private_repos: 1 });
    expect(await ask(server, 'GET', '/api/v3/orgs/nobody')).toBe(404);
  });

  it('change their default branch to one that is there, and nothing else', async () => {
    const server = await start();
    await server.push({ 'a.txt': '1' });
    await server.push({ 'a.txt': '2' }, { ref: 'next' });
    expect(await ask(server, 'PATCH', APP, { default_branch: 'nowhere' })).toBe(422);
    expect(await ask(server, 'PATCH', APP, { description: 'Mine.' })).toBe(422);
    expect(await ask(server, 'PATCH', APP, { private: true, default_branch: 'next' })).toBe(200);
    const asIs = { name: 'app', description: '', homepage: '', visibility: 'private', archived: false };
    expect(await ask(server, 'PATCH', APP, { ...asIs, has_wiki: false, allow_squash_merge: true })).toBe(200);
    for (const change of [
      { name: 'web' },
      { visibility: 'public' },
      { archived: true },
      { has_wiki: true },
      { allow_merge_commit: false },
      { delete_branch_on_merge: true },
    ]) {
      const { status, body } = await call('PATCH', server.url + APP, { token: server.token, json: change });
      const [field] = Object.keys(change);
      expect([status, body]).toMatchObject([
        422,
        { message: expect.stringContaining(`The ${field} of a repository cannot be`) },
      ]);
    }
    expect(await ask(server, 'PATCH', APP, { what_nobody_knows: 1 })).toBe(200);
    expect(await server.rest('GET', APP)).toMatchObject({ default_branch: 'next' });
  });
});

it('the avatar that REST names for a user is a picture that anybody may see and keep', async () => {
  const server = await start();
  const { avatar_url } = await server.rest<{ avatar_url: string }>('GET', '/api/v3/user');
  const answer = await fetch(avatar_url);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  expect(answer.headers.get('cache-control')).toContain('public');
  expect(await answer.text()).toMatch(/^<svg .*<\/svg>$/);
});
