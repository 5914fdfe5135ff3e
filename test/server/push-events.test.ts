import { describe, expect, it } from 'vitest';
import type { ReceivedEvent } from '../../src/protocol/dashboard/index.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { connectionOf } from '../support/simulated-runner.ts';
import { WorkingCopy } from '../support/working-copy.ts';

const { start } = serversPerTest();

const on = (triggers: string): string =>
  `on: ${triggers}\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`;
const file = (name: string): string => `.github/workflows/${name}.yml`;

/** Events of one name, oldest first, each with what it started. */
async function told(server: TestServer, name: string): Promise<ReceivedEvent[]> {
  return (await server.events()).filter((event) => event.name === name).reverse();
}

describe('a push', () => {
  it('SEM-3.11: looks at the files since the parent of the first new commit on a new branch', async () => {
    const server = await start();
    const copy = await WorkingCopy.create(server);
    await copy.commit({ [file('docs')]: on('{ push: { paths: ["docs/**"] } }'), 'docs/a.md': '1' });
    await copy.push('main');
    await copy.branch('code');
    await copy.commit({ 'src/a.ts': '1' });
    await copy.push('code');
    await copy.branch('words', 'main');
    await copy.commit({ 'docs/a.md': '2' });
    await copy.commit({ 'src/b.ts': '1' });
    await copy.push('words');
    const events = await told(server, 'push');
    expect(events.map(({ ref, runs }) => [ref, runs.length])).toEqual([
      ['refs/heads/main', 1],
      ['refs/heads/code', 0],
      ['refs/heads/words', 1],
    ]);
    expect(events[1]?.notStarted).toEqual([
      {
        file: file('docs'),
        filter: 'paths',
        reason: 'None of the changed files (src/a.ts) is in paths: docs/**.',
      },
    ]);
  });

  it('SEM-3.12: looks at the first changed files only, where that is set', async () => {
    const server = await start({ filters: { changedFilesLimit: 2 } });
    const workflow = { [file('z')]: on('{ push: { paths: [z] } }') };
    await server.push({ ...workflow, a: '1', b: '1', z: '1' });
    await server.push({ ...workflow, z: '1' }, { ref: 'other' });
    const [many, few] = await told(server, 'push');
    expect(many?.notStarted[0]).toMatchObject({ filter: 'paths' });
    expect(few?.runs).toHaveLength(1);
  });

  it('SEM-2.6: whose head commit asks for no runs starts none, and says so on its record', async () => {
    const server = await start();
    const said = await server.push({ [file('ci')]: on('push') }, { message: 'Words [skip ci]' });
    expect(said).toContain('.github/workflows/ci.yml was not started: The commit message says [skip ci].');
    const [push] = await told(server, 'push');
    expect(push?.notStarted).toEqual([
      { file: file('ci'), filter: 'skip-instruction', reason: 'The commit message says [skip ci].' },
    ]);
  });

  it('SEM-2.4: of a new branch or tag is a create event at that ref too', async () => {
    const server = await start();
    const said = await server.push({ [file('new')]: on('create'), [file('ci')]: on('push') });
    expect(said).toMatch(/\.github\/workflows\/new\.yml #1 started/);
    expect(said).not.toContain('ci.yml was not started');
    const [create] = await told(server, 'create');
    expect(create).toMatchObject({ ref: 'refs/heads/main', runs: [{ workflow: file('new') }] });
    expect(create?.notStarted).toEqual([
      { file: file('ci'), filter: 'event', reason: 'It does not run on create, only on push.' },
    ]);
    expect((await server.run(create?.runs[0]?.id ?? 0)).sha).toBe(create?.sha);
  });

  it('SEM-2.8: that deletes a branch starts `delete` at the default branch, and no `push`', async () => {
    const server = await start();
    const copy = await WorkingCopy.create(server);
    const sha = await copy.commit({ [file('gone')]: on('delete'), [file('ci')]: on('push') });
    await copy.push('main');
    await copy.branch('topic');
    await copy.commit({ [file('gone')]: on('push') });
    await copy.push('topic');
    const said = await copy.push(':topic');
    expect(said).toContain('Switchyard: topic was deleted');
    expect(said).toContain('.github/workflows/gone.yml #');
    const [deletion] = await told(server, 'delete');
    expect(deletion).toMatchObject({ ref: 'refs/heads/main', sha, runs: [{ workflow: file('gone') }] });
    expect((await told(server, 'push')).at(-1)).toMatchObject({
      ...{ ref: 'refs/heads/topic', sha, runs: [] },
      notStarted: [
        { file: file('ci'), filter: 'deleted', reason: 'topic was deleted.' },
        { file: file('gone'), filter: 'event' },
      ],
    });
  });

  it('SEM-2.8: that deletes a branch starts `push` too, where that is set', async () => {
    const server = await start({ filters: { deletedRefs: true } });
    const copy = await WorkingCopy.create(server);
    const sha = await copy.commit({ [file('ci')]: on('{ push: { branches: [topic], paths: [never] } }') });
    await copy.push('main', 'main:topic');
    await copy.push(':topic');
    const runs = await server.runs();
    expect(runs.map(({ event, ref, sha: at }) => [event, ref, at])).toEqual([['push', 'refs/heads/topic', sha]]);
  });

  it('SEM-2.7: of more than three tags creates none of their events', async () => {
    const server = await start();
    const copy = await WorkingCopy.create(server);
    await copy.commit({ [file('ci')]: on('[push, create, delete]') });
    await copy.push('main');
    const before = (await server.events()).length;
    const tags = ['a', 'b', 'c', 'd'];
    for (const tag of tags) await copy.git('tag', tag);
    expect(await copy.push('--tags')).toContain('more than 3 tags at once start nothing');
    await copy.push(...tags.map((tag) => `:refs/tags/${tag}`));
    expect(await server.events()).toHaveLength(before);
  });

  it('SEM-2.5: with the token of a job starts nothing, and says which job it was', async () => {
    const server = await start();
    const copy = await WorkingCopy.create(server);
    await copy.commit({ [file('ci')]: `permissions: write-all\n${on('push')}` });
    await copy.push('main');
    const runner = await server.runner('box-1');
    const { body: message } = await runner.acquire(await runner.waitForJob());
    const token = message.variables['system.github.token']?.value ?? '';
    expect(connectionOf(message).token).not.toBe(token);
    await copy.commit({ a: '1' });
    const { host } = new URL(server.url);
    const said = await copy.git('push', `http://x:${token}@${host}/me/app.git`, 'main');
    expect(said).toContain('Job 1 caused the event with its GITHUB_TOKEN');
    expect(await server.runs()).toHaveLength(1);
    expect((await told(server, 'push')).at(-1)?.notStarted).toMatchObject([{ filter: 'caused-by-job' }]);
  });

  it('with -o ci.skip is on the record too, with that reason', async () => {
    const server = await start();
    const copy = await WorkingCopy.create(server);
    await copy.commit({ [file('ci')]: on('push') });
    expect(await copy.push('-o', 'ci.skip', 'main')).toContain('nothing was started, as the push asked');
    expect((await told(server, 'push'))[0]?.notStarted).toEqual([
      { file: file('ci'), filter: 'push-option', reason: 'The push asked for no runs (-o ci.skip).' },
    ]);
  });
});
