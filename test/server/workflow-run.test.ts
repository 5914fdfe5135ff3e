import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../src/protocol/dashboard/index.ts';
import { openDatabase } from '../../src/store/database.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { githubOf } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const { servers, start } = serversPerTest();

const file = (name: string): string => `.github/workflows/${name.toLowerCase()}.yml`;

function files(...workflows: [name: string, on: string][]): Record<string, string> {
  return Object.fromEntries(
    workflows.map(([name, on]) => [
      file(name),
      `name: ${name}\non: ${on}\njobs: { ${name}: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`,
    ]),
  );
}

const following = (workflow: string, more = ''): string => `{ workflow_run: { workflows: [${workflow}]${more} } }`;

async function runOf(server: TestServer, name: string, count = 1): Promise<RunSummary> {
  return waitFor(`run ${count} of ${name}`, async () => {
    const runs = (await server.runs()).filter(({ workflow }) => workflow.name === name);
    return runs.length >= count && runs[0];
  });
}

let boxes = 0;
const runOne = async (server: TestServer, conclusion?: string) =>
  (await server.runner(`box-${++boxes}`)).runOne(conclusion);

/** Events of one activity, oldest first. */
async function told(server: TestServer, activity: string) {
  const events = await server.events();
  return events.filter((event) => event.name === 'workflow_run' && event.activity === activity).reverse();
}

/** Those about runs of CI: they start Watch, others do not. */
const ofCi = ({ runs }: { runs: unknown[] }): boolean => runs.length > 0;

describe('workflow_run', () => {
  it('SEM-2.4, 2.10: starts at the tip of the default branch when a run of a named workflow completes', async () => {
    const server = await start();
    await server.push(files(['CI', 'push'], ['Report', following('CI', ', types: [completed]')]));
    const tip = (await server.runs())[0]?.sha;
    await server.push(files(['CI', 'push']), { ref: 'topic', message: 'On a topic' });
    await server.rest('POST', '/api/v3/repos/me/app/actions/runs/1/cancel');
    await waitFor('its report', async () => (await told(server, 'completed')).length === 1);
    await runOne(server, 'failed');
    const report = await runOf(server, 'Report', 2);
    expect(report).toMatchObject({
      event: 'workflow_run',
      ref: 'refs/heads/main',
      sha: tip,
      actor: 'admin',
      title: 'Report',
    });
    await runOne(server);
    const github = githubOf(await runOne(server));
    const topic = (await server.runs()).find(({ ref }) => ref === 'refs/heads/topic');
    expect(github.event).toMatchObject({
      action: 'completed',
      workflow_run: {
        ...{ id: topic?.id, name: 'CI', run_number: 2, run_attempt: 1, event: 'push', path: file('CI') },
        ...{ head_branch: 'topic', head_sha: topic?.sha, status: 'completed', conclusion: 'failure' },
        ...{ display_title: 'On a topic', repository: { full_name: 'me/app' }, actor: { login: 'admin' } },
      },
      workflow: { name: 'CI', path: file('CI'), state: 'active' },
      repository: { full_name: 'me/app' },
      sender: { login: 'admin' },
    });
  });

  it('SEM-2.10: tells of requested, in_progress and completed, each once', async () => {
    const server = await start();
    await server.push(files(['CI', 'push'], ['Watch', following('CI')]));
    await runOne(server);
    await runOf(server, 'Watch', 3);
    for (const activity of ['requested', 'in_progress', 'completed']) {
      const events = (await told(server, activity)).filter(({ runs }) => runs.length > 0);
      expect(events.map(({ runs }) => runs.map(({ workflow }) => workflow))).toEqual([['Watch']]);
    }
  });

  it('SEM-2.10: looks at the names of workflows and the head branch of their runs, and records what did not fit', async () => {
    const server = await start();
    const types = ', types: [completed]';
    await server.push(
      files(
        ['CI', 'push'],
        ['Named', following('Other, Deploy', types)],
        ['Branched', following('CI', `${types}, branches: ['release/**']`)],
      ),
    );
    await runOne(server);
    await server.push(files(['CI', 'push']), { ref: 'release/1' });
    await runOne(server);
    await runOf(server, 'Branched');
    const [first, second] = await told(server, 'completed');
    expect(first?.notStarted).toEqual([
      { file: file('Branched'), filter: 'branches', reason: 'main is not in branches: release/**.' },
      { file: file('CI'), filter: 'event', reason: 'It does not run on workflow_run, only on push.' },
      { file: file('Named'), filter: 'workflows', reason: 'CI is not in workflows: Other, Deploy.' },
    ]);
    expect(second?.runs).toMatchObject([{ workflow: 'Branched' }]);
  });

  it('SEM-2.10: ends a chain after three links, and says why', async () => {
    const server = await start();
    const types = ', types: [completed]';
    await server.push(
      files(
        ['A', 'push'],
        ['B', following('A', types)],
        ['C', following('B', types)],
        ['D', following('C', types)],
        ['E', following('D', types)],
      ),
    );
    for (const name of ['A', 'B', 'C', 'D']) {
      await runOf(server, name);
      await runOne(server);
    }
    const events = await waitFor('the last event', async () => {
      const all = await told(server, 'completed');
      return all.length === 4 && all;
    });
    expect(events.at(-1)?.runs).toEqual([]);
    expect(events.at(-1)?.notStarted.find((entry) => entry.file === file('E'))).toEqual({
      file: file('E'),
      filter: 'depth',
      reason: 'Run 4 of D is the last link of a chain of workflow_run, which ends after 3.',
    });
  });

  it('follows a run that could not start, too', async () => {
    const server = await start();
    await server.push({
      ...files(['Report', following('CI', ', types: [completed]')]),
      [file('CI')]: 'name: CI\non: push\njobs: { a: { run-on: x } }\n',
    });
    await runOf(server, 'Report');
    expect(githubOf(await runOne(server)).event).toMatchObject({ workflow_run: { conclusion: 'startup_failure' } });
  });

  it('SEM-2.10, 29: tells of a re-run that it began and ended, not that it was requested', async () => {
    const server = await start();
    await server.push(files(['CI', 'push'], ['Watch', following('CI')]));
    await runOne(server, 'failed');
    await runOf(server, 'Watch', 3);
    await server.rest('POST', '/api/v3/repos/me/app/actions/runs/1/rerun');
    // The jobs of Watch wait for a runner too, longer than that of the re-run.
    for (let at = 0; at < 3; at++) await runOne(server);
    await runOne(server);
    await waitFor('its end', async () => (await told(server, 'completed')).filter(ofCi).length === 2);
    expect(await server.run(1)).toMatchObject({ attempt: 2, conclusion: 'success' });
    expect((await told(server, 'requested')).filter(ofCi)).toHaveLength(1);
    expect((await told(server, 'in_progress')).filter(ofCi)).toHaveLength(2);
  });

  it('is not made by a server that follows no events, as that of `switchyard run`', async () => {
    const server = await start({ followsEvents: false });
    await server.push(files(['CI', 'push'], ['Watch', following('CI')]));
    await runOne(server);
    expect((await server.run(1)).conclusion).toBe('success');
    expect((await server.events()).map(({ name }) => name)).toEqual(['create', 'push']);
  });

  it('costs nothing where no workflow of the default branch listens', async () => {
    const server = await start();
    await server.push(files(['CI', 'push']));
    await server.push(files(['Report', following('CI')], ['CI', 'push']), { ref: 'topic' });
    await runOne(server);
    await runOne(server);
    expect((await server.events()).map(({ name }) => name)).toEqual(['create', 'push', 'create', 'push']);
  });

  it('loses no event when the server stops between the end of a run and its event, and repeats none', async () => {
    const first = await start();
    await first.push(files(['CI', 'push'], ['Report', following('CI', ', types: [completed]')]));
    await runOne(first);
    await runOf(first, 'Report');
    await first.stop();
    const db = await openDatabase(`${first.folder}/data/switchyard.db`);
    expect(await db.selectFrom('run_events').selectAll().execute()).toEqual([]);
    // As the stop left it: once before the event was accepted, once before that was noted.
    await db.deleteFrom('runs').where('event', '=', 'workflow_run').execute();
    await db.deleteFrom('events').where('name', '=', 'workflow_run').execute();
    const row = { attempt: 1, activity: 'completed', conclusion: 'success', created_at: '' } as const;
    const left = [1, 1].map((run_id) => ({ run_id, ...row }));
    await db.insertInto('run_events').values(left).execute();
    await db.destroy();
    const second = await TestServer.start({ dataFolder: first.folder });
    servers.splice(0, 1, second);
    await runOf(second, 'Report');
    await waitFor('the second row', async () => {
      const open = await openDatabase(`${first.folder}/data/switchyard.db`);
      const rows = await open.selectFrom('run_events').select('id').execute();
      await open.destroy();
      return rows.length === 0;
    });
    expect((await second.runs()).map(({ workflow }) => workflow.name)).toEqual(['Report', 'CI']);
  });
});
