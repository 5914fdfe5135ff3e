import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { git, writeFiles } from '../../../test/support/git.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { type SmallServer, startSmallServer } from '../../../test/support/small-server.ts';
import type { ActionDownload } from '../../protocol/runner/index.ts';
import { issueJobToken } from '../auth/jwt.ts';
import type { ActionsPolicy } from './policy.ts';
import { actionRoutes } from './routes.ts';

let folder: string;
let server: SmallServer;
const clock = new ManualClock(Date.now());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-actions-'));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(policy: Partial<ActionsPolicy> = {}): Promise<void> {
  const upstream = `file://${join(folder, 'upstream')}`;
  const whole = { upstream, upstreamToken: undefined, allowed: ['actions/*'], requireSha: false, ...policy };
  server = await startSmallServer(async (app, context) => void (await app.register(actionRoutes(context, whole))), {
    clock,
  });
}

/** A commit in a bare repository. @returns its sha */
async function commit(bare: string, files: Record<string, string>, ...tags: string[]): Promise<string> {
  const checkout = await mkdtemp(join(folder, 'checkout-'));
  await git(checkout, 'init', '-q', '-b', 'main');
  await writeFiles(checkout, files);
  await git(checkout, 'add', '-A');
  await git(checkout, 'commit', '-q', '-m', 'A commit');
  await git(folder, 'init', '-q', '--bare', '-b', 'main', bare);
  await git(checkout, 'push', '-q', '--force', bare, 'HEAD:main');
  for (const tag of tags) {
    await git(checkout, 'tag', '-a', '-m', tag, tag);
    await git(checkout, 'push', '-q', '--force', bare, tag);
  }
  return (await git(checkout, 'rev-parse', 'HEAD')).trim();
}

const upstreamFolder = (name: string): string => join(folder, 'upstream', `${name}.git`);

async function ask(actions: { action: string; version: string }[], jobId?: string) {
  const { run, job } = await insertRunWithJob(server.context.db);
  const guids = { planId: run.plan_id, jobGuid: job.job_guid };
  const claims = { jobId: job.id, runId: run.id, repositoryId: job.repository_id, ...guids };
  const token = await issueJobToken(server.context.keys, claims, clock.now(), 60);
  const path = `/actions/build/${run.plan_id}/jobs/${jobId ?? job.job_guid}/runnerresolve/actions`;
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ actions }),
  });
  return { status: response.status, body: await response.json() };
}

async function resolve(action: string, version: string): Promise<ActionDownload> {
  const { status, body } = await ask([{ action, version }]);
  expect(body).toMatchObject({ actions: {} });
  expect(status).toBe(200);
  return body.actions[`${action}@${version}`];
}

async function refusal(action: string, version: string): Promise<string> {
  const { status, body } = await ask([{ action, version }]);
  expect(status).toBe(422);
  return body.errors[`${action}@${version}`].message;
}

/** Names below the one folder that an archive must hold. */
async function unpack(url: string): Promise<{ top: string[]; text: string }> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const place = await mkdtemp(join(folder, 'unpacked-'));
  const archive = join(place, 'archive.tar.gz');
  await writeFile(archive, Buffer.from(await response.arrayBuffer()));
  execFileSync('tar', ['-xzf', archive, '-C', place]);
  await rm(archive);
  const top = await readdir(place);
  return { top, text: await readFile(join(place, top[0] ?? '', 'action.yml'), 'utf8') };
}

describe('an action of a repository on this server', () => {
  it('is found by branch, tag and commit, and comes as an archive with one folder', async () => {
    await start();
    const row = await server.context.git.create('me', 'greet');
    const sha = await commit(server.context.git.folder(row), { 'action.yml': 'name: Greet' }, 'v1');
    for (const version of ['main', 'v1', sha]) {
      const found = await resolve('me/greet', version);
      expect(found).toMatchObject({ name: 'me/greet', resolved_name: 'me/greet', resolved_sha: sha, version });
      expect(await unpack(found.tar_url)).toEqual({ top: [`greet-${sha}`], text: 'name: Greet' });
    }
    const { zip_url } = await resolve('me/greet', 'v1');
    const zip = Buffer.from(await (await fetch(zip_url)).arrayBuffer());
    expect(zip.subarray(0, 2).toString()).toBe('PK');
  });

  it('comes before one of the same name elsewhere', async () => {
    await start();
    await commit(upstreamFolder('actions/greet'), { 'action.yml': 'name: Theirs' }, 'v1');
    const row = await server.context.git.create('actions', 'greet');
    await commit(server.context.git.folder(row), { 'action.yml': 'name: Ours' }, 'v1');
    expect((await unpack((await resolve('actions/greet', 'v1')).tar_url)).text).toBe('name: Ours');
  });

  it('is refused by name, with every other that cannot be had', async () => {
    await start({ upstream: undefined });
    const row = await server.context.git.create('me', 'greet');
    await commit(server.context.git.folder(row), { 'action.yml': 'name: Greet' });
    const { status, body } = await ask([
      { action: 'me/greet', version: 'v9' },
      { action: 'me/greet', version: 'main' },
      { action: 'them/other', version: 'v1' },
    ]);
    expect(status).toBe(422);
    expect(Object.keys(body.errors)).toEqual(['me/greet@v9', 'them/other@v1']);
    expect(body.errors['me/greet@v9'].message).toContain('no branch, tag or commit "v9"');
    expect(body.errors['them/other@v1'].message).toMatch(/no repository them\/other.*SWITCHYARD_ACTIONS_UPSTREAM$/);
  });

  it('downloads only by a signed URL, for an hour', async () => {
    await start();
    const row = await server.context.git.create('me', 'greet');
    await commit(server.context.git.folder(row), { 'action.yml': 'name: Greet' });
    const { tar_url, authentication } = await resolve('me/greet', 'main');
    // The official runner sends it to the host of the URL.
    expect(authentication.token).toBe('the-url-itself-lets-in');
    expect((await fetch(tar_url.replace('/greet/', '/other/'))).status).toBe(403);
    expect((await fetch(tar_url.split('?')[0] ?? '')).status).toBe(403);
    clock.advance(61 * 60_000);
    expect((await fetch(tar_url)).status).toBe(403);
  });
});

describe('an action of the upstream', () => {
  it('is fetched once per commit and kept: it needs the upstream no more', async () => {
    await start();
    const sha = await commit(upstreamFolder('actions/greet'), { 'action.yml': 'name: Up' }, 'v1');
    expect((await unpack((await resolve('actions/greet', sha)).tar_url)).text).toBe('name: Up');
    await resolve('actions/greet', 'v1');
    await rename(join(folder, 'upstream'), join(folder, 'away'));
    clock.advance(10 * 60_000);
    expect((await resolve('actions/greet', sha)).resolved_sha).toBe(sha);
    // A tag as it was last known.
    expect((await unpack((await resolve('actions/greet', 'v1')).tar_url)).text).toBe('name: Up');
  });

  it('follows a tag that moves, after five minutes', async () => {
    await start();
    const bare = upstreamFolder('actions/greet');
    const first = await commit(bare, { 'action.yml': 'name: One' }, 'v1');
    expect((await resolve('actions/greet', 'v1')).resolved_sha).toBe(first);
    const second = await commit(bare, { 'action.yml': 'name: Two' }, 'v1');
    expect((await resolve('actions/greet', 'v1')).resolved_sha).toBe(first);
    clock.advance(5 * 60_000);
    expect((await resolve('actions/greet', 'v1')).resolved_sha).toBe(second);
  });

  it('must be allowed by name', async () => {
    await start({ allowed: ['actions/*', 'them/only-this'] });
    for (const name of ['them/other', 'them/only-this'])
      await commit(upstreamFolder(name), { 'action.yml': 'x' }, 'v1');
    expect(await refusal('them/other', 'v1')).toMatch(/may not be fetched.*actions\/\*, them\/only-this/);
    await resolve('them/only-this', 'v1');
  });

  it('is refused with a sentence when it does not exist, and its short commit ids are', async () => {
    await start();
    expect(await refusal('actions/none', 'v1')).toContain('no such repository');
    const sha = await commit(upstreamFolder('actions/greet'), { 'action.yml': 'x' });
    expect(await refusal('actions/greet', 'v2')).toContain('no branch or tag "v2"');
    expect(await refusal('actions/greet', sha.slice(0, 7))).toContain('all 40 digits');
    expect(await refusal('actions/greet', '0'.repeat(40))).not.toBe('');
  });

  it.each(['../../etc', '--upload-pack=x', 'a b', 'x@{1}', 'a..b', ''])('is refused for the ref %j', async (ref) => {
    await start();
    await commit(upstreamFolder('actions/greet'), { 'action.yml': 'x' });
    expect(await refusal('actions/greet', ref)).toContain('cannot be the name');
  });

  it.each([
    '../x',
    'actions/..',
    'actions/greet/more',
    '-x/y',
    'actions',
  ])('is refused for the name %j', async (name) => {
    await start();
    expect(await refusal(name, 'v1')).not.toBe('');
  });
});

it('a server that wants commit ids refuses branches and tags', async () => {
  await start({ requireSha: true });
  const sha = await commit(upstreamFolder('actions/greet'), { 'action.yml': 'x' }, 'v1');
  expect(await refusal('actions/greet', 'v1')).toContain('wants a full commit id');
  await resolve('actions/greet', sha);
});

it('the token of one job does not ask for another', async () => {
  await start();
  expect((await ask([], '11111111-2222-4333-8444-555555555555')).status).toBe(404);
});
