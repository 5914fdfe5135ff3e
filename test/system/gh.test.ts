import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureCertificate, LOCAL_NAMES } from '../../src/common/tls/files.ts';
import { bundle } from '../runner/action-jobs.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { findProgram } from '../support/find-program.ts';
import { Gh } from '../support/gh.ts';
import { requirement } from '../support/require.ts';
import { TestServer } from '../support/server.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait.ts';

const program = requirement('gh', () => findProgram('gh'));

const WORKFLOW = `
name: Build
on:
  workflow_dispatch:
    inputs: { word: { default: none } }
jobs:
  build:
    runs-on: self-hosted
    steps:
      - name: Say
        run: echo "the word is \${{ inputs.word }}"
      - name: Decide
        run: test "\${{ inputs.word }}" != bad || { echo "::error::a bad word"; exit 1; }
`;

/** `gh auth login` takes no port, so the server must seem to be at 443. */
const HOST = 'switchyard.test';

interface Run {
  databaseId: number;
  conclusion: string;
  status: string;
  workflowName: string;
}

describe.skipIf(!program)('GitHub’s own command line', () => {
  const repository = 'me/app';
  let folder: string;
  let server: TestServer;
  let fleet: TestFleet;
  let proxy: { url: string; close(): Promise<void> };
  let authority: string;
  let gh: Gh;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-gh-'));
    const { files } = await ensureCertificate(join(folder, 'data'), [HOST, ...LOCAL_NAMES], Date.now());
    authority = files.authority;
    server = await TestServer.start({ dataFolder: folder, tlsPort: 0 });
    fleet = await TestFleet.start(server, 2, 'gh');
    proxy = await startConnectProxy(Number(new URL(server.httpsUrl ?? '').port));
    const place = { folder: join(folder, 'home'), url: `https://${HOST}`, authority, proxy: proxy.url };
    gh = new Gh(program ?? '', place);
    await gh.run(['auth', 'login', '--hostname', gh.host, '--with-token'], { input: server.token });
    await server.push({ '.github/workflows/build.yml': WORKFLOW, 'README.md': '# The app\n' });
  }, 120_000);

  afterAll(async () => {
    await proxy?.close();
    await fleet?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const runs = () =>
    gh.json<Run[]>(['run', 'list', '--json', 'databaseId,conclusion,status,workflowName'], { repository });

  /** Starts the workflow and waits for its end. @returns the run's number */
  async function runWith(word: string): Promise<string> {
    const before = await runs();
    await gh.run(['workflow', 'run', 'build.yml', '-f', `word=${word}`], { repository });
    const started = (await runs()).find((run) => !before.some(({ databaseId }) => databaseId === run.databaseId));
    const id = String(started?.databaseId);
    await waitFor('the run', async () => (await server.run(Number(id))).status === 'completed', 50_000);
    return id;
  }

  test('has logged in with a token, and calls REST and GraphQL', async () => {
    expect(await gh.run(['auth', 'status', '--hostname', gh.host]).catch(String)).not.toContain('failed');
    expect((await gh.json<{ login: string }>(['api', 'user'])).login).toBe('admin');
    const viewer = await gh.run(['api', 'graphql', '-f', 'query={viewer{login}}', '--jq', '.data.viewer.login']);
    expect(viewer.trim()).toBe('admin');
  });

  test('needs no login at a port of its own, with a token in the environment', async () => {
    const url = server.httpsUrl ?? '';
    const place = { folder: join(folder, 'other-home'), url, authority, token: server.token };
    expect((await new Gh(program ?? '', place).run(['api', 'user', '--jq', '.login'])).trim()).toBe('admin');
  });

  test('lists and shows workflows, switches one off and on, and runs it', async () => {
    expect(await gh.run(['workflow', 'list'], { repository })).toMatch(/^Build\tactive\t\d+/);
    expect(await gh.run(['workflow', 'view', 'build.yml', '--yaml'], { repository })).toContain('workflow_dispatch');
    await gh.run(['workflow', 'disable', 'build.yml'], { repository });
    await expect(gh.run(['workflow', 'run', 'build.yml'], { repository })).rejects.toThrow('disabled');
    expect(await gh.run(['workflow', 'list', '--all'], { repository })).toContain('disabled_manually');
    await gh.run(['workflow', 'enable', 'build.yml'], { repository });
    expect(await gh.run(['workflow', 'view', 'build.yml'], { repository })).toContain('Build');
  });

  test('watches a run, shows its log, runs it again and deletes it', async () => {
    const id = await runWith('fine');
    expect(await gh.run(['run', 'watch', id, '--exit-status'], { repository })).toContain(id);
    expect(await gh.run(['run', 'view', id], { repository })).toContain('build');
    expect(await gh.run(['run', 'view', id, '--log'], { repository })).toContain('the word is fine');
    await gh.run(['run', 'rerun', id], { repository });
    await waitFor(
      'attempt 2',
      async () => {
        const { attempt, status } = await server.run(Number(id));
        return attempt === 2 && status === 'completed';
      },
      50_000,
    );
    await gh.run(['api', '-X', 'DELETE', `repos/${repository}/actions/runs/${id}`]);
    expect((await runs()).map(({ databaseId }) => String(databaseId))).not.toContain(id);
  });

  test('shows what failed and why', async () => {
    const id = await runWith('bad');
    const failed = await gh.run(['run', 'view', id, '--log-failed'], { repository });
    expect(failed).toContain('a bad word');
    expect(failed).not.toContain('the word is bad');
    expect(await gh.run(['run', 'view', id], { repository })).toContain('a bad word');
    await expect(gh.run(['run', 'view', id, '--exit-status'], { repository })).rejects.toThrow();
  });

  test('cancels a run', async () => {
    const slow = WORKFLOW.replace('run: echo', 'run: sleep 60; echo');
    await server.push({ '.github/workflows/build.yml': slow }, { repository: 'me/slow' });
    await gh.run(['workflow', 'run', 'build.yml'], { repository: 'me/slow' });
    const [run] = await gh.json<Run[]>(['run', 'list', '--json', 'databaseId'], { repository: 'me/slow' });
    const id = String(run?.databaseId);
    await gh.run(['run', 'cancel', id], { repository: 'me/slow' });
    await waitFor('the end', async () => (await server.run(Number(id))).conclusion === 'cancelled', 50_000);
  });

  test('downloads what a job has uploaded with GitHub’s own client, by name and all at once', async () => {
    const main = await bundle(`
      import client from '@actions/artifact';
      import { mkdirSync, writeFileSync } from 'node:fs';
      mkdirSync('out/deep', { recursive: true });
      writeFileSync('out/deep/note.txt', 'a note');
      writeFileSync('out/large.bin', Buffer.alloc(3_000_000, 7));
      client.uploadArtifact('site', ['out/deep/note.txt', 'out/large.bin'], 'out')
        .then(() => client.uploadArtifact('log', ['out/deep/note.txt'], 'out/deep'))
        .catch((error) => { console.error(error); process.exitCode = 1; });
    `);
    const action = { 'action.yml': 'name: Keep\nruns: { using: node20, main: main.js }\n', 'main.js': main };
    await server.push(action, { repository: 'me/keep', ref: 'refs/tags/v1' });
    const keep = 'on: push\njobs: { keep: { runs-on: self-hosted, steps: [{ uses: me/keep@v1 }] } }';
    await server.pushWorkflow(keep, { repository: 'me/kept' });
    const kept = { repository: 'me/kept' };
    const [run] = await gh.json<Run[]>(['run', 'list', '--json', 'databaseId'], kept);
    const id = String(run?.databaseId);
    await waitFor('the upload', async () => (await server.run(Number(id))).conclusion === 'success', 50_000);
    expect(await gh.run(['run', 'view', id], kept)).toMatch(/ARTIFACTS\n(log\nsite|site\nlog)/);
    await gh.run(['run', 'download', id, '--name', 'site', '--dir', 'one'], { ...kept, folder });
    expect(await readFile(join(folder, 'one/deep/note.txt'), 'utf8')).toBe('a note');
    expect(await readFile(join(folder, 'one/large.bin'))).toEqual(Buffer.alloc(3_000_000, 7));
    await gh.run(['run', 'download', id, '--dir', 'all'], { ...kept, folder });
    expect(await readFile(join(folder, 'all/log/note.txt'), 'utf8')).toBe('a note');
    expect(await readFile(join(folder, 'all/site/deep/note.txt'), 'utf8')).toBe('a note');
    const none = gh.run(['run', 'download', id, '--name', 'nothing'], { ...kept, folder });
    await expect(none).rejects.toThrow('no artifact matches any of the names');
  }, 120_000);

  test('keeps secrets and variables', async () => {
    await gh.run(['secret', 'set', 'TOKEN', '--body', 'hidden'], { repository });
    expect(await gh.run(['secret', 'list'], { repository })).toContain('TOKEN');
    await gh.run(['secret', 'remove', 'TOKEN'], { repository });
    expect(await gh.run(['secret', 'list'], { repository })).not.toContain('TOKEN');
    // Not in every packaged version.
    if (!/^ +variable:?/m.test(await gh.run(['--help']))) return;
    await gh.run(['variable', 'set', 'STAGE', '--body', 'dev'], { repository });
    expect(await gh.run(['variable', 'list'], { repository })).toContain('STAGE');
    await gh.run(['variable', 'delete', 'STAGE'], { repository });
  });

  test('shows, creates, clones, lists and deletes repositories over https', async () => {
    const fields = ['repo', 'view', repository, '--json', 'nameWithOwner,defaultBranchRef,viewerPermission'];
    expect(await gh.json(fields)).toMatchObject({ nameWithOwner: repository, viewerPermission: 'ADMIN' });
    expect(await gh.run(['repo', 'view', repository])).toContain('The app');
    await gh.run(['repo', 'create', 'made', '--private']);
    await server.push({ 'a.txt': 'cloned\n' }, { repository: 'admin/made' });
    await gh.run(['auth', 'setup-git', '--hostname', gh.host]);
    await gh.run(['repo', 'clone', 'admin/made', 'copy'], { folder });
    expect(await readFile(join(folder, 'copy/a.txt'), 'utf8')).toBe('cloned\n');
    const names = async () => gh.run(['api', 'user/repos', '--jq', '.[].full_name']);
    expect(await names()).toContain('admin/made');
    await gh.run(['repo', 'delete', 'admin/made', '--yes']);
    expect(await names()).not.toContain('admin/made');
  });
});
