import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReceivedEvent } from '../../src/protocol/dashboard/index.ts';
import { git } from '../support/git.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { call, githubOf } from '../support/simulated-runner.ts';
import { WorkingCopy } from '../support/working-copy.ts';

const { servers, start } = serversPerTest();

const on = (triggers: string): string =>
  `on: ${triggers}\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`;
const PULLS = '/api/v3/repos/me/app/pulls';
const CI = '.github/workflows/ci.yml';
const ALL_TYPES =
  '[opened, synchronize, reopened, closed, edited, labeled, unlabeled, ready_for_review, converted_to_draft]';

interface Pull {
  number: number;
  state: string;
  merged: boolean;
  mergeable: boolean | null;
  merge_commit_sha: string | null;
  draft: boolean;
  title: string;
  labels: { name: string }[];
  head: { ref: string; sha: string };
  base: { ref: string; sha: string };
}

/** A server with `main` and a branch `topic` one commit ahead, both with the workflow. */
async function withTopic(workflow: string): Promise<{ server: TestServer; copy: WorkingCopy }> {
  const server = await start();
  const copy = await WorkingCopy.create(server);
  await copy.commit({ [CI]: workflow, 'a.txt': 'one\n' });
  await copy.branch('topic');
  await copy.commit({ 'b.txt': 'b\n' }, 'Add b');
  await copy.push('main', 'topic');
  return { server, copy };
}

const open = (server: TestServer, more: object = {}): Promise<Pull> =>
  server.rest('POST', PULLS, { title: 'Add b', head: 'topic', base: 'main', ...more });

async function about(server: TestServer, name: string): Promise<ReceivedEvent[]> {
  return (await server.events()).filter((event) => event.name === name).reverse();
}

describe('pull requests', () => {
  it('SEM-2.4, 5.3: run at the test merge of head and base, under their title, as refs/pull/N/merge', async () => {
    const { server, copy } = await withTopic(on('pull_request'));
    const pull = await open(server);
    expect(pull).toMatchObject({
      ...{ number: 1, state: 'open', mergeable: true, merged: false, draft: false, changed_files: 1, commits: 1 },
      head: { ref: 'topic', label: 'me:topic', sha: await copy.git('rev-parse', 'topic') },
      base: { ref: 'main', sha: await copy.git('rev-parse', 'main') },
    });
    const [run] = await server.runs();
    expect(run).toMatchObject({
      ...{ event: 'pull_request', ref: 'refs/pull/1/merge', sha: pull.merge_commit_sha, title: 'Add b' },
    });
    const { host } = new URL(server.url);
    await copy.git('fetch', `http://x:${server.token}@${host}/me/app.git`, '+refs/pull/*:refs/remotes/pull/*');
    expect(await copy.git('rev-parse', 'pull/1/head')).toBe(pull.head.sha);
    expect(await copy.git('rev-parse', 'pull/1/merge', 'pull/1/merge^1', 'pull/1/merge^2')).toBe(
      [pull.merge_commit_sha, pull.base.sha, pull.head.sha].join('\n'),
    );
    const rest = await server.rest<{ workflow_runs: object[] }>('GET', '/api/v3/repos/me/app/actions/runs');
    expect(rest.workflow_runs[0]).toMatchObject({
      ...{ head_branch: 'topic', head_sha: pull.head.sha, display_title: 'Add b' },
      pull_requests: [{ number: 1, head: { ref: 'topic' }, base: { ref: 'main' } }],
    });
  });

  it('have runs and check runs that are found by branch and commit of the head, and not by those of the base', async () => {
    const { server, copy } = await withTopic(on('[push, pull_request, pull_request_target]'));
    const pull = await open(server);
    await copy.git('tag', 'v1', 'topic');
    await copy.push('v1');
    const found = async (query: string) => {
      const path = `/api/v3/repos/me/app/actions/runs?${query}`;
      const { workflow_runs } = await server.rest<{ workflow_runs: { event: string }[] }>('GET', path);
      return workflow_runs.map(({ event }) => event).sort();
    };
    expect(await found('branch=topic')).toEqual(['pull_request', 'pull_request_target', 'push']);
    expect(await found('branch=topic&event=pull_request')).toEqual(['pull_request']);
    expect(await found('branch=main')).toEqual(['push']);
    expect(await found('branch=v1')).toEqual(['push']);
    expect(await found('branch=refs/pull/1/merge')).toEqual([]);
    const ofHead = ['pull_request', 'pull_request_target', 'push', 'push'];
    expect(await found(`head_sha=${pull.head.sha}`)).toEqual(ofHead);
    expect(await found(`head_sha=${pull.merge_commit_sha}`)).toEqual([]);
    const checks = await server.rest('GET', `/api/v3/repos/me/app/commits/${pull.head.sha}/check-runs`);
    expect(checks).toMatchObject({ total_count: ofHead.length });
    const suites = await server.rest('GET', `/api/v3/repos/me/app/commits/topic/check-suites`);
    expect(suites).toMatchObject({ total_count: ofHead.length });
  });

  it('SEM-2.3: tell of every activity, of which opened, synchronize and reopened are the default ones', async () => {
    const { server, copy } = await withTopic(on('pull_request'));
    await open(server, { draft: true });
    await copy.commit({ 'b.txt': 'more\n' });
    expect(await copy.push('topic')).toMatch(/pull request #1 synchronize: \.github\/workflows\/ci\.yml #2 started/);
    for (const change of [
      { title: 'New' },
      { draft: false },
      { draft: true },
      { state: 'closed' },
      { state: 'open' },
    ]) {
      await server.rest('PATCH', `${PULLS}/1`, change);
    }
    await server.rest('POST', '/api/v3/repos/me/app/issues/1/labels', { labels: ['bug', 'bug', 'ui'] });
    await server.rest('DELETE', '/api/v3/repos/me/app/issues/1/labels/bug');
    const events = await about(server, 'pull_request');
    expect(events.map(({ activity, runs }) => `${activity} ${runs.length}`)).toEqual([
      'opened 1',
      'synchronize 1',
      'edited 0',
      'ready_for_review 0',
      'converted_to_draft 0',
      'closed 0',
      'reopened 1',
      'labeled 0',
      'labeled 0',
      'unlabeled 0',
    ]);
    expect(events[2]?.notStarted).toEqual([
      {
        file: CI,
        filter: 'types',
        reason: 'edited is not in types: opened, synchronize, reopened, which it has by default.',
      },
    ]);
    const pull = await server.rest<Pull>('GET', `${PULLS}/1`);
    expect([pull.title, pull.draft, pull.labels.map(({ name }) => name)]).toEqual(['New', true, ['ui']]);
  });

  it("have the payload of GitHub's webhook, with what the activity adds", async () => {
    const { server, copy } = await withTopic(on(`{ pull_request: { types: ${ALL_TYPES} } }`));
    const { head } = await open(server, { body: 'Why' });
    const sha = await copy.commit({ c: 'c' });
    await copy.push('topic');
    await server.rest('PATCH', `${PULLS}/1`, { title: 'New', body: 'Because' });
    await server.rest('POST', '/api/v3/repos/me/app/issues/1/labels', ['bug']);
    const payloads = await payloadsOf(server);
    expect(payloads[0]).toMatchObject({
      action: 'opened',
      number: 1,
      pull_request: {
        ...{ number: 1, title: 'Add b', body: 'Why', draft: false, merged: false, state: 'open', labels: [] },
        user: { login: 'admin' },
        head: { ref: 'topic', sha: head.sha, repo: { full_name: 'me/app' } },
        base: { ref: 'main', repo: { full_name: 'me/app' } },
      },
      repository: { full_name: 'me/app' },
      sender: { login: 'admin' },
    });
    expect(payloads[1]).toMatchObject({ action: 'synchronize', before: head.sha, after: sha });
    expect(payloads[2]).toMatchObject({
      action: 'edited',
      changes: { title: { from: 'Add b' }, body: { from: 'Why' } },
    });
    expect(payloads[3]).toMatchObject({ action: 'labeled', label: { name: 'bug' } });
  });

  it('SEM-3.1, 3.11: are filtered by their base, and by what their head changed since it left the base', async () => {
    const { server, copy } = await withTopic(on('{ pull_request: { branches: [release], paths: [b.txt] } }'));
    await copy.git('checkout', '-q', 'main');
    await copy.commit({ 'on-main.txt': '1' });
    await copy.push('main', 'main:release');
    await open(server);
    await open(server, { base: 'release' });
    await copy.branch('other', 'main');
    await copy.commit({ 'c.txt': '1' });
    await copy.push('other');
    await open(server, { head: 'other', base: 'release' });
    const events = await about(server, 'pull_request');
    expect(events.map(({ runs, notStarted }) => [runs.length, notStarted[0]?.filter])).toEqual([
      [0, 'branches'],
      [1, undefined],
      [0, 'paths'],
    ]);
    expect(events[2]?.notStarted[0]?.reason).toBe('None of the changed files (c.txt) is in paths: b.txt.');
  });

  it('SEM-2.6: start nothing when their head commit asks for it, but for pull_request_target', async () => {
    const { server, copy } = await withTopic(on('[pull_request, pull_request_target]'));
    await copy.commit({ c: 'c' }, 'Words\n\n[ci skip]');
    await copy.push('topic');
    await open(server);
    expect((await server.runs()).map(({ event }) => event)).toEqual(['pull_request_target']);
    expect((await about(server, 'pull_request'))[0]?.notStarted[0]?.filter).toBe('skip-instruction');
  });

  it('SEM-2.4: run pull_request_target with the files and the commit of the default branch', async () => {
    const { server, copy } = await withTopic(on('{ pull_request_target: { branches: [release] } }'));
    await copy.commit({ [CI]: on('push') }, 'Take it away');
    await copy.push('topic', 'main:release');
    await open(server, { base: 'release' });
    const [run] = await server.runs();
    expect(run).toMatchObject({
      ...{ event: 'pull_request_target', ref: 'refs/heads/main', sha: await copy.git('rev-parse', 'main') },
    });
  });

  it('SEM-2.9: do not run while they conflict, and say so; pull_request_target does', async () => {
    const { server, copy } = await withTopic(on('[pull_request, pull_request_target]'));
    await copy.commit({ 'a.txt': 'topic\n' });
    await copy.git('checkout', '-q', 'main');
    await copy.commit({ 'a.txt': 'main\n' });
    await copy.push('-o', 'ci.skip', 'main', 'topic');
    expect(await open(server)).toMatchObject({ mergeable: false, mergeable_state: 'dirty', merge_commit_sha: null });
    expect((await server.runs()).map(({ event }) => event)).toEqual(['pull_request_target']);
    expect((await about(server, 'pull_request'))[0]).toMatchObject({
      ref: 'refs/pull/1/merge',
      notStarted: [
        {
          ...{ file: CI, filter: 'conflict' },
          reason: 'topic conflicts with main, so there is no merge of them to run at.',
        },
      ],
    });
    const merge = await call('PUT', `${server.url}${PULLS}/1/merge`, { token: server.token, json: {} });
    expect(merge).toMatchObject({ status: 405, body: { message: expect.stringContaining('is not mergeable') } });
    await copy.git('checkout', '-q', 'topic');
    await copy.git('merge', '-q', '-X', 'ours', 'main');
    await copy.push('topic');
    expect((await about(server, 'pull_request')).at(-1)).toMatchObject({ activity: 'synchronize', runs: [{ id: 2 }] });
  });

  it('SEM-2.4: that are merged close at the merge commit on the base, which is a push as well', async () => {
    const { server, copy } = await withTopic(on('{ pull_request: { types: [closed] }, push: { branches: [main] } }'));
    const pull = await open(server);
    const { sha } = await server.rest<{ sha: string }>('PUT', `${PULLS}/1/merge`, { sha: pull.head.sha });
    const closed = await server.rest<Pull>('GET', `${PULLS}/1`);
    expect(closed).toMatchObject({
      state: 'closed',
      merged: true,
      merge_commit_sha: sha,
      merged_by: { login: 'admin' },
    });
    expect((await server.runs()).slice(0, 2)).toMatchObject([
      { event: 'pull_request', ref: 'refs/heads/main', sha, title: 'Add b' },
      { event: 'push', ref: 'refs/heads/main', sha, title: 'Merge pull request #1 from me/topic' },
    ]);
    expect((await payloadsOf(server))[0]).toMatchObject({ action: 'closed', pull_request: { merged: true } });
    const { host } = new URL(server.url);
    await copy.git('fetch', `http://x:${server.token}@${host}/me/app.git`, 'main');
    expect(await copy.git('log', '-1', '--format=%H %P %an %cn%n%B', 'FETCH_HEAD')).toBe(
      `${sha} ${pull.base.sha} ${pull.head.sha} admin Switchyard\nMerge pull request #1 from me/topic\n\nAdd b`,
    );
    const again = await call('PUT', `${server.url}${PULLS}/1/merge`, { token: server.token, json: {} });
    expect(again.status).toBe(405);
  });

  it('can be squashed into one commit', async () => {
    const { server, copy } = await withTopic(on('push'));
    const { base } = await open(server);
    const { sha } = await server.rest<{ sha: string }>('PUT', `${PULLS}/1/merge`, { merge_method: 'squash' });
    const { host } = new URL(server.url);
    await copy.git('fetch', `http://x:${server.token}@${host}/me/app.git`, 'main');
    expect(await copy.git('log', '-1', '--format=%H %P %s', 'FETCH_HEAD')).toBe(`${sha} ${base.sha} Add b (#1)`);
    expect(await server.rest<Pull>('GET', `${PULLS}/1`)).toMatchObject({ merged: true });
  });

  it('are merged by a push that brings their head to the base, and closed by the deletion of their branch', async () => {
    const { server, copy } = await withTopic(on('push'));
    await open(server);
    await copy.git('checkout', '-q', 'main');
    await copy.git('merge', '-q', '--no-ff', '-m', 'By hand', 'topic');
    await copy.push('main');
    expect(await server.rest<Pull>('GET', `${PULLS}/1`)).toMatchObject({ state: 'closed', merged: true });
    await copy.branch('third');
    await copy.commit({ e: 'e' });
    await copy.push('third');
    await open(server, { head: 'third' });
    await copy.push(':third', 'third:main');
    expect(await server.rest<Pull>('GET', `${PULLS}/2`)).toMatchObject({ state: 'closed', merged: true });
    await copy.branch('second');
    await copy.commit({ d: 'd' });
    await copy.push('second');
    await open(server, { head: 'second' });
    await copy.push(':second');
    expect(await server.rest<Pull>('GET', `${PULLS}/3`)).toMatchObject({ state: 'closed', merged: false });
    const activities = (await about(server, 'pull_request')).map(({ activity }) => activity);
    expect(activities).toEqual(['opened', 'closed', 'opened', 'closed', 'opened', 'closed']);
  });

  it('are refused in words where they make no sense', async () => {
    const { server, copy } = await withTopic(on('push'));
    await copy.push('main:same');
    const attempt = async (json: object): Promise<string> => {
      const body = { title: 'x', head: 'topic', base: 'main', ...json };
      const answer = await call<{ message: string }>('POST', server.url + PULLS, { token: server.token, json: body });
      return `${answer.status} ${answer.body.message}`;
    };
    expect(await attempt({ head: 'none' })).toBe('422 The head branch none does not exist.');
    expect(await attempt({ base: 'none' })).toBe('422 The base branch none does not exist.');
    expect(await attempt({ head: 'same' })).toBe('422 No commits between main and same.');
    expect(await attempt({ head: 'you:topic' })).toMatch(/^422 The head you:topic is no branch of this repository/);
    await open(server);
    expect(await attempt({})).toBe('422 A pull request already exists for me:topic.');
    expect((await server.rest<Pull[]>('GET', `${PULLS}?state=all&head=me:topic`)).map(({ number }) => number)).toEqual([
      1,
    ]);
    const rebase = { token: server.token, json: { merge_method: 'rebase' } };
    expect((await call('PUT', `${server.url}${PULLS}/1/merge`, rebase)).status).toBe(405);
    const stale = { token: server.token, json: { sha: 'a'.repeat(40) } };
    expect((await call('PUT', `${server.url}${PULLS}/1/merge`, stale)).status).toBe(409);
    expect((await call('GET', `${server.url}${PULLS}/9`, { token: server.token })).status).toBe(404);
  });

  it('list their files as GitHub does', async () => {
    const { server, copy } = await withTopic(on('push'));
    const text = Array.from({ length: 20 }, (_, n) => `line ${n}`).join('\n');
    await copy.git('checkout', '-q', 'main');
    await copy.commit({ 'old name': text, gone: 'x\n', kept: '1\n' });
    await copy.branch('files');
    await copy.git('mv', 'old name', 'new nâme');
    await copy.git('rm', '-q', 'gone');
    await copy.commit({ kept: '1\n2\n', bin: '\u0000\u0001' });
    await copy.push('main', 'files');
    await open(server, { head: 'files' });
    const files = await server.rest<{ filename: string }[]>('GET', `${PULLS}/1/files`);
    expect(files.sort((a, b) => a.filename.localeCompare(b.filename))).toMatchObject([
      { filename: 'bin', status: 'added', changes: 0 },
      { filename: 'gone', status: 'removed', additions: 0, deletions: 1 },
      { filename: 'kept', status: 'modified', additions: 1, deletions: 0, changes: 1 },
      { filename: 'new nâme', status: 'renamed', previous_filename: 'old name', changes: 0 },
    ]);
  });

  it('lose no event when the server stops between the move of their branch and their events', async () => {
    const { server, copy } = await withTopic(on('pull_request'));
    const { head } = await open(server);
    const after = await copy.commit({ c: 'c' });
    await copy.push('topic:spare');
    await server.stop();
    const bare = join(server.folder, 'data/repositories/me/app.git');
    await git(bare, '-c', 'core.logAllRefUpdates=always', 'update-ref', 'refs/heads/topic', after, head.sha);
    const journal = { repositoryId: 1, actor: 'admin' };
    const left = `${JSON.stringify(journal)}\nskip=false\n${head.sha} ${after} refs/heads/topic\n`;
    // It stops again, before it deletes the journal.
    for (const _ of ['first', 'second']) {
      await writeFile(join(server.folder, 'data/pushes/1-left'), left);
      const again = await TestServer.start({ dataFolder: server.folder });
      servers.splice(0, 1, again);
      const made = (await about(again, 'pull_request')).filter(({ activity }) => activity === 'synchronize');
      expect(made.map(({ runs }) => runs.length)).toEqual([1]);
      expect(await again.rest<Pull>('GET', `${PULLS}/1`)).toMatchObject({ head: { sha: after } });
      await again.stop();
    }
    servers.splice(0, 1, await TestServer.start({ dataFolder: server.folder }));
  });
});

/** Runs one job of every pull_request run, oldest first. @returns the events as those jobs see them */
async function payloadsOf(server: TestServer): Promise<unknown[]> {
  const wanted = (await server.runs()).filter(({ event }) => event === 'pull_request').length;
  const payloads: unknown[] = [];
  for (let box = 1; payloads.length < wanted; box++) {
    const github = githubOf(await (await server.runner(`box-${box}`)).runOne());
    if (github.event_name === 'pull_request') payloads.push(github.event);
  }
  return payloads;
}
