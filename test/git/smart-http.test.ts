import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GrantedPermissions } from '../../src/server/auth/job-permissions.ts';
import { issueGitHubToken } from '../../src/server/auth/jwt.ts';
import type { IncomingEvent } from '../../src/server/engine/engine.ts';
import { type GitService, gitService } from '../../src/server/git/index.ts';
import { hasMoved } from '../../src/server/git/push-journal.ts';
import { type SmallServer, startSmallServer } from '../support/small-server.ts';

const run = promisify(execFile);
const environment = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

/** Never fails: what git said and how it ended is the result. */
async function git(folder: string, ...args: string[]): Promise<{ code: number; out: string; text: string }> {
  try {
    const { stdout, stderr } = await run('git', args, { cwd: folder, env: environment });
    return { code: 0, out: stdout.trim(), text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout.trim(), text: stdout + stderr };
  }
}

let server: SmallServer;
let service: GitService;
let scratch: string;
let count = 0;
let writer: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'switchyard-git-'));
  server = await startSmallServer(async (app, context) => {
    service = gitService(context, { maxPushBytes: 3 * 1024 * 1024 });
    await app.register(service.plugin);
  });
  writer = await server.token('write');
});

afterAll(async () => {
  await server.close();
  await rm(scratch, { recursive: true, force: true });
});

beforeEach(() => {
  server.engine.events.length = 0;
  server.engine.answer = () => ({ runs: [], notStarted: [] });
});

const named = (name: string): IncomingEvent[] => server.engine.events.filter((event) => event.name === name);

const remote = (name: string, token = writer): string => `${server.url.replace('://', `://x:${token}@`)}/me/${name}`;

/** A working copy with one commit, whose `origin` does not exist on the server yet. */
async function workingCopy(
  files: Record<string, string> = { 'a.txt': 'one\n' },
): Promise<{ folder: string; name: string }> {
  const name = `app${++count}`;
  const folder = join(scratch, name);
  await git(scratch, 'init', '-q', '-b', 'main', folder);
  await git(folder, 'remote', 'add', 'origin', remote(name));
  await commit(folder, files, 'first');
  return { folder, name };
}

async function commit(folder: string, files: Record<string, string>, message: string): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await git(folder, 'add', '-A');
  await git(folder, 'commit', '-q', '--allow-empty', '-m', message);
  return (await git(folder, 'rev-parse', 'HEAD')).out;
}

describe('a push', () => {
  test('creates an unknown repository and becomes an event with the payload of the push webhook', async () => {
    const { folder, name } = await workingCopy();
    const sha = (await git(folder, 'rev-parse', 'HEAD')).out;
    expect(await git(folder, 'push', 'origin', 'main')).toMatchObject({ code: 0 });
    const [event] = named('push');
    expect(named('push')).toHaveLength(1);
    expect(event).toMatchObject({ name: 'push', ref: 'refs/heads/main', sha, before: null, actor: 'alice' });
    expect(event?.payload).toMatchObject({
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: sha,
      created: true,
      deleted: false,
      forced: false,
      base_ref: null,
      commits: [{ id: sha, message: 'first', added: ['a.txt'], removed: [], modified: [], author: { name: 'Ada' } }],
      head_commit: { id: sha },
      repository: { full_name: `me/${name}`, owner: { login: 'me' }, clone_url: `${server.url}/me/${name}.git` },
      pusher: { name: 'alice' },
      sender: { login: 'alice' },
    });
  });

  test('lists what came anew, oldest first, and says when it was forced', async () => {
    const { folder } = await workingCopy();
    await git(folder, 'push', 'origin', 'main');
    const second = await commit(folder, { 'b.txt': 'b' }, 'second');
    const third = await commit(folder, { 'a.txt': 'changed' }, 'third');
    await git(folder, 'push', 'origin', 'main');
    await git(folder, 'reset', '-q', '--hard', 'HEAD~2');
    await commit(folder, { 'c.txt': 'c' }, 'other');
    await git(folder, 'push', '-f', 'origin', 'main');
    const [, forward, forced] = named('push');
    expect(forward?.payload.commits).toMatchObject([
      { id: second, added: ['b.txt'] },
      { id: third, modified: ['a.txt'] },
    ]);
    expect(forward?.payload).toMatchObject({ forced: false, created: false });
    expect(forced).toMatchObject({ before: third });
    expect(forced?.payload).toMatchObject({ forced: true, commits: [{ message: 'other' }] });
  });

  test('prints which workflows started and where, and what was refused or warned of with line and column', async () => {
    const warnings = Array.from({ length: 7 }, (_, n) => ({
      file: '.github/workflows/ci.yml',
      line: n + 1,
      column: 1,
      message: '`concurrency` has no effect yet',
    }));
    server.engine.answer = ({ name }) => ({
      runs:
        name === 'create'
          ? []
          : [
              { id: 17, number: 3, workflowName: 'CI', path: '.github/workflows/ci.yml', errors: [], warnings },
              {
                id: 18,
                number: 1,
                workflowName: 'Broken \u001b[31m',
                path: '.github/workflows/b.yml',
                errors: [{ file: '.github/workflows/b.yml', line: 4, column: 7, message: "Unexpected value 'run-on'" }],
                warnings: [],
              },
            ],
      notStarted: [
        {
          file: '.github/workflows/c.yml',
          reason: `it listens to tags only ${'é'.repeat(600)}`,
          filter: name === 'create' ? 'event' : 'tags',
        },
      ],
    });
    const { folder } = await workingCopy();
    const { code, text } = await git(folder, 'push', 'origin', 'main');
    expect(code).toBe(0);
    expect(text).toContain(`remote: Switchyard: CI #3 started  ${server.url}/runs/17`);
    const warned = [
      ...text.matchAll(
        /remote: Switchyard: (?:warning: \.github\/workflows\/ci\.yml:(\d):1 `concur|and 2 more warnings)/g,
      ),
    ];
    expect(warned.map(([, line]) => line)).toEqual(['1', '2', '3', '4', '5', undefined]);
    expect(text).toContain(`remote: Switchyard: Broken  [31m #1 cannot start  ${server.url}/runs/18`);
    expect(text).toContain("remote: Switchyard: .github/workflows/b.yml:4:7 Unexpected value 'run-on'");
    expect(text).toContain('remote: Switchyard: .github/workflows/c.yml was not started: it listens to tags only ééé');
  });

  test('says why nothing started, and with -o ci.skip starts nothing', async () => {
    const { folder } = await workingCopy();
    const { text } = await git(folder, 'push', 'origin', 'main');
    expect(text).toContain('remote: Switchyard: main has no file in .github/workflows');
    await commit(folder, { x: '1' }, 'x');
    const skipped = await git(folder, 'push', '-o', 'ci.skip', 'origin', 'main');
    expect(skipped.text).toContain('remote: Switchyard: nothing was started, as the push asked');
    expect(named('push').map(({ refusal }) => refusal?.filter)).toEqual([undefined, 'push-option']);
  });

  test('of several refs is one event each, but of more than three tags none (SEM-2.7)', async () => {
    const { folder } = await workingCopy();
    for (const tag of ['v1', 'v2', 'v3']) await git(folder, 'tag', '-a', tag, '-m', tag);
    await git(folder, 'push', 'origin', 'main', 'main:dev', 'v1', 'v2', 'v3');
    const head = (await git(folder, 'rev-parse', 'HEAD')).out;
    for (const name of ['push', 'create']) {
      expect(named(name).map(({ ref }) => ref)).toEqual([
        'refs/heads/main',
        'refs/heads/dev',
        'refs/tags/v1',
        'refs/tags/v2',
        'refs/tags/v3',
      ]);
    }
    // The commit, not the tag object.
    expect(new Set(server.engine.events.map(({ sha }) => sha))).toEqual(new Set([head]));
    server.engine.events.length = 0;
    for (const tag of ['w1', 'w2', 'w3', 'w4']) await git(folder, 'tag', tag);
    const { text } = await git(folder, 'push', 'origin', '--tags');
    expect(server.engine.events).toEqual([]);
    expect(text).toContain('more than 3 tags at once start nothing');
  });

  test('SEM-2.8: that deletes a branch is a push and a delete event, both with the files of the default branch', async () => {
    const { folder } = await workingCopy();
    await git(folder, 'push', 'origin', 'main', 'main:dev');
    const sha = (await git(folder, 'rev-parse', 'HEAD')).out;
    await commit(folder, { x: '1' }, 'x');
    await git(folder, 'push', 'origin', 'HEAD:dev');
    const gone = (await git(folder, 'rev-parse', 'HEAD')).out;
    server.engine.events.length = 0;
    const { code, text } = await git(folder, 'push', 'origin', ':dev');
    expect([code, text]).toEqual([0, expect.stringContaining('remote: Switchyard: dev was deleted')]);
    const [push, deletion] = server.engine.events;
    expect(server.engine.events).toHaveLength(2);
    expect(push).toMatchObject({ name: 'push', ref: 'refs/heads/dev', sha, deleted: true });
    expect(push?.payload).toMatchObject({
      ...{ before: gone, after: '0'.repeat(40), deleted: true, created: false, forced: false },
      ...{ commits: [], head_commit: null },
    });
    expect(deletion).toMatchObject({ name: 'delete', ref: 'refs/heads/main', sha, actor: 'alice' });
    expect(deletion?.payload).toMatchObject({ ref: 'dev', ref_type: 'branch', pusher_type: 'user' });
  });

  test('that fails to delete a branch, or makes it anew at once, is no deletion', async () => {
    const { folder, name } = await workingCopy();
    await git(folder, 'push', 'origin', 'main', 'main:dev');
    const bare = server.context.git.folder({ owner: 'me', name });
    const sha = (await git(folder, 'rev-parse', 'HEAD')).out;
    const update = { before: sha, after: '0'.repeat(40), ref: 'refs/heads/dev' };
    expect(await hasMoved(bare, update)).toBe(false);
    await git(folder, 'push', 'origin', ':dev');
    expect(await hasMoved(bare, update)).toBe(true);
    await commit(folder, { x: '1' }, 'x');
    await git(folder, 'push', 'origin', 'HEAD:dev');
    expect(await hasMoved(bare, update)).toBe(true);
    await git(folder, 'push', 'origin', ':dev', 'HEAD:dev/below');
    expect(await hasMoved(bare, { ...update, before: (await git(folder, 'rev-parse', 'HEAD')).out })).toBe(true);
  });

  test('of a new ref is a create event too, with the payload of that webhook', async () => {
    const { folder } = await workingCopy();
    await git(folder, 'push', 'origin', 'main', 'main:refs/tags/v1');
    expect(named('create').map(({ ref }) => ref)).toEqual(['refs/heads/main', 'refs/tags/v1']);
    expect(named('create')[1]?.payload).toMatchObject({
      ...{ ref: 'v1', ref_type: 'tag', master_branch: 'main', pusher_type: 'user' },
      sender: { login: 'alice' },
    });
    await commit(folder, { x: '1' }, 'x');
    await git(folder, 'push', 'origin', 'main');
    expect(named('create')).toHaveLength(2);
  });

  test("cannot move the server's own refs", async () => {
    const { folder } = await workingCopy();
    const { code, text } = await git(folder, 'push', 'origin', 'main:refs/pull/1/head');
    expect([code, text]).toEqual([1, expect.stringContaining('deny updating a hidden ref')]);
  });

  test('that is refused for one ref starts only the others', async () => {
    const { folder } = await workingCopy();
    await git(folder, 'push', 'origin', 'main');
    await commit(folder, { x: '1' }, 'x');
    await git(folder, 'push', 'origin', 'main');
    server.engine.events.length = 0;
    await git(folder, 'reset', '-q', '--hard', 'HEAD~1');
    await commit(folder, { y: '1' }, 'y');
    const { code } = await git(folder, 'push', 'origin', 'main', 'main:dev');
    expect(code).toBe(1);
    expect(named('push').map(({ ref }) => ref)).toEqual(['refs/heads/dev']);
  });

  test('decides the default branch: the first one pushed when there is neither main nor master', async () => {
    const { folder, name } = await workingCopy();
    await git(folder, 'push', 'origin', 'main:trunk');
    expect(await server.context.git.find('me', name)).toMatchObject({ default_branch: 'trunk' });
    const copy = join(scratch, `${name}-clone`);
    await git(scratch, 'clone', '-q', remote(name), copy);
    expect((await git(copy, 'branch', '--show-current')).out).toBe('trunk');
  });

  test('of a pack that is too large is refused in words and leaves nothing behind', async () => {
    const { folder, name } = await workingCopy({ big: Array.from({ length: 500_000 }, () => Math.random()).join() });
    const { code, text } = await git(folder, 'push', 'origin', 'main');
    expect(code).toBe(1);
    expect(text).toMatch(/exceeds maximum allowed size/);
    await expectNothingWritten(name);
  });

  test('of a broken pack gives git’s own error and leaves nothing behind', async () => {
    const { folder, name } = await workingCopy();
    const pack = await run('sh', ['-c', 'git rev-parse HEAD | git pack-objects --revs --stdout -q'], {
      cwd: folder,
      env: environment,
      encoding: 'buffer',
    });
    const sha = (await git(folder, 'rev-parse', 'HEAD')).out;
    await fetch(`${server.url}/me/${name}/info/refs?service=git-receive-pack`, { headers: basic(writer) });
    const broken = Buffer.from(pack.stdout);
    broken[20] = (broken[20] ?? 0) ^ 0xff;
    const command = `${'0'.repeat(40)} ${sha} refs/heads/main\0report-status side-band-64k`;
    const line = `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`;
    for (const isZipped of [false, true]) {
      const body = Buffer.concat([Buffer.from(line), broken]);
      const response = await fetch(`${server.url}/me/${name}.git/git-receive-pack`, {
        method: 'POST',
        headers: {
          ...basic(writer),
          'content-type': 'application/x-git-receive-pack-request',
          ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
        },
        body: isZipped ? gzipSync(body) : body,
      });
      const text = await response.text();
      expect(text).toMatch(/unpack (?:index-pack|unpack-objects) abnormal exit|unpacker error/);
      expect(text).not.toContain('Switchyard');
      expect(text.endsWith('0000')).toBe(true);
    }
    await expectNothingWritten(name);
  });

  async function expectNothingWritten(name: string): Promise<void> {
    expect(server.engine.events).toEqual([]);
    const folder = server.context.git.folder({ owner: 'me', name });
    expect((await git(folder, 'for-each-ref')).out).toBe('');
    expect((await git(folder, 'count-objects', '-v')).out).toMatch(/count: 0\n(?:.*\n)*packs: 0/);
    expect(await readdir(join(server.dataFolder, 'pushes'))).toEqual([]);
  }
});

describe('recovery', () => {
  test('accepts a push whose event was not taken before the server stopped, exactly once', async () => {
    const { folder } = await workingCopy();
    const dataFolder = await mkdtemp(join(scratch, 'data-'));
    const start = async () => {
      const parts: GitService[] = [];
      const started = await startSmallServer(
        async (app, context) => {
          const part = gitService(context);
          parts.push(part);
          await app.register(part.plugin);
        },
        { dataFolder },
      );
      return { started, recover: () => parts[0]?.recoverPushes() };
    };
    const first = await start();
    const token = await first.started.token('write');
    first.started.engine.answer = () => {
      throw new Error('the engine died');
    };
    const url = `${first.started.url.replace('://', `://x:${token}@`)}/me/crashed`;
    const { code, text } = await git(folder, 'push', url, 'main', 'main:dev');
    expect(code).toBe(0);
    expect(text).toContain('could not be started yet');
    await first.started.close();

    const second = await start();
    await second.recover();
    await second.recover();
    expect(second.started.engine.events.map(({ name, ref }) => `${name} ${ref}`)).toEqual([
      'push refs/heads/main',
      'create refs/heads/main',
      'push refs/heads/dev',
      'create refs/heads/dev',
    ]);
    expect(await readdir(join(dataFolder, 'pushes'))).toEqual([]);
    await second.started.close();
  });

  test('drops a journal whose refs never moved', async () => {
    const { folder, name } = await workingCopy();
    await git(folder, 'push', 'origin', 'main');
    server.engine.events.length = 0;
    const repository = await server.context.git.find('me', name);
    const lost = `${JSON.stringify({ repositoryId: repository?.id, actor: 'alice' })}\nskip=false\n${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/main\n`;
    const left = join(server.dataFolder, 'pushes', '1-left');
    await writeFile(left, lost);
    const other = await startSmallServer(
      async (app, context) => {
        service = gitService(context);
        await app.register(service.plugin);
      },
      { dataFolder: server.dataFolder },
    );
    await service.recoverPushes();
    expect(other.engine.events).toEqual([]);
    expect(await readdir(join(server.dataFolder, 'pushes'))).toEqual([]);
    await other.close();
  });
});

describe('clone and fetch', () => {
  test('work with and without .git, whole and shallow, by branch and by sha, in both protocol versions', async () => {
    const { folder, name } = await workingCopy();
    await commit(folder, { b: 'b' }, 'second');
    await git(folder, 'push', 'origin', 'main');
    const head = (await git(folder, 'rev-parse', 'HEAD')).out;
    const old = (await git(folder, 'rev-parse', 'HEAD~1')).out;
    for (const version of ['0', '2']) {
      const copy = join(scratch, `${name}-v${version}`);
      const clone = await git(
        scratch,
        '-c',
        `protocol.version=${version}`,
        'clone',
        '-q',
        '--depth',
        '1',
        `${remote(name)}.git`,
        copy,
      );
      expect(clone).toMatchObject({ code: 0, text: '' });
      expect((await git(copy, 'rev-list', '--count', 'HEAD')).out).toBe('1');
      expect(await git(copy, 'fetch', '-q', '--depth', '1', 'origin', old)).toMatchObject({ code: 0 });
      expect((await git(copy, 'rev-parse', 'FETCH_HEAD')).out).toBe(old);
    }
    const whole = join(scratch, `${name}-whole`);
    expect(await git(scratch, 'clone', '-q', remote(name.toUpperCase()), whole)).toMatchObject({ code: 0 });
    expect((await git(whole, 'rev-parse', 'HEAD')).out).toBe(head);
  });

  test('keep a large file whole', async () => {
    const { folder, name } = await workingCopy({ big: Array.from({ length: 100_000 }, () => Math.random()).join() });
    expect(await git(folder, 'push', 'origin', 'main')).toMatchObject({ code: 0 });
    const copy = join(scratch, `${name}-big`);
    await git(scratch, 'clone', '-q', remote(name), copy);
    expect((await git(copy, 'hash-object', 'big')).out).toBe((await git(folder, 'hash-object', 'big')).out);
  });
});

describe('access', () => {
  test('asks for a token, and refuses an unknown one', async () => {
    const response = await fetch(`${server.url}/me/x/info/refs?service=git-upload-pack`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="Switchyard"');
    const wrong = await fetch(`${server.url}/me/x/info/refs?service=git-upload-pack`, { headers: basic('swy_no') });
    expect(wrong.status).toBe(401);
  });

  test('a reading token reads, but does not push', async () => {
    const { folder, name } = await workingCopy();
    await git(folder, 'push', 'origin', 'main');
    const reader = await server.token('read');
    expect(await git(folder, 'ls-remote', remote(name, reader))).toMatchObject({ code: 0 });
    const { code, text } = await git(folder, 'push', remote(name, reader), 'main:other');
    expect(code).not.toBe(0);
    expect(text).toContain('403');
    expect(await git(folder, 'ls-remote', remote('unknown', reader))).toMatchObject({ code: 128 });
  });

  test('SEM-6: the token of a job reads or pushes to its own repository as its `contents` permission says', async () => {
    const [mine, other] = [await workingCopy(), await workingCopy()];
    for (const { folder } of [mine, other]) await git(folder, 'push', 'origin', 'main');
    const repository = await server.context.git.find('me', mine.name);
    const job = { jobId: 1, runId: 1, repositoryId: repository?.id ?? 0, planId: 'p', jobGuid: 'g' };
    const tokenWith = (permissions: GrantedPermissions) =>
      issueGitHubToken(server.context.keys, { ...job, permissions }, Date.now(), 60);
    const reading = await tokenWith({ contents: 'read' });
    expect(await git(mine.folder, 'ls-remote', remote(mine.name, reading))).toMatchObject({ code: 0 });
    expect(await git(mine.folder, 'ls-remote', remote(other.name, reading))).toMatchObject({ code: 128 });
    const refused = await git(mine.folder, 'push', remote(mine.name, reading), 'main:x');
    expect([refused.code === 0, refused.text]).toEqual([false, expect.stringContaining('403')]);
    const none = await git(mine.folder, 'ls-remote', remote(mine.name, await tokenWith({ actions: 'write' })));
    expect([none.code === 0, none.text]).toEqual([false, expect.stringContaining('403')]);
    const writing = await tokenWith({ contents: 'write' });
    expect(await git(mine.folder, 'push', remote(mine.name, writing), 'main:x')).toMatchObject({ code: 0 });
    expect((await git(mine.folder, 'push', remote(other.name, writing), 'main:x')).code).not.toBe(0);
  });

  test.each([
    '..',
    '..%2f..',
    'a..b',
    'x%00',
    'a%20b',
    '-rf',
    '.hidden',
    'x.git.git',
  ])('a push to the name %s is refused', async (name) => {
    const response = await fetch(`${server.url}/me/${name}/info/refs?service=git-receive-pack`, {
      headers: basic(writer),
    });
    expect([400, 404, 422]).toContain(response.status);
  });

  test('a push to an owner whose name is a path of the server is refused', async () => {
    const response = await fetch(`${server.url}/switchyard/v1/info/refs?service=git-receive-pack`, {
      headers: basic(writer),
    });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('cannot be the name of a repository');
  });
});

const basic = (token: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}`,
});
