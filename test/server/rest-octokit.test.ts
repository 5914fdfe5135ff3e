import { Octokit } from 'octokit';
import { expect, test } from 'vitest';
import { serversPerTest } from '../support/server.ts';

const { start } = serversPerTest();

const WORKFLOW = `
on: [push, workflow_dispatch]
jobs:
  build:
    runs-on: octokit
    steps: [{ run: 'true' }]
`;

test('Octokit pages through runs, reads and writes files, and waits out nothing', async () => {
  const server = await start();
  await server.pushWorkflow(WORKFLOW);
  const octokit = new Octokit({ auth: server.token, baseUrl: `${server.url}/api/v3` });
  const place = { owner: 'me', repo: 'app' };
  for (let count = 0; count < 3; count++) {
    await octokit.rest.actions.createWorkflowDispatch({ ...place, workflow_id: 'ci.yml', ref: 'main' });
  }
  const runs = await octokit.paginate(octokit.rest.actions.listWorkflowRunsForRepo, { ...place, per_page: 2 });
  expect(runs.map(({ event }) => event)).toEqual([...Array(3).fill('workflow_dispatch'), 'push']);

  const content = Buffer.from('new\n').toString('base64');
  const path = { ...place, path: 'notes.txt' };
  await octokit.rest.repos.createOrUpdateFileContents({ ...path, message: 'Add notes', content });
  const { data } = await octokit.rest.repos.getContent({ ...path, mediaType: { format: 'raw' } });
  expect(String(data)).toBe('new\n');
  const commits = await octokit.rest.repos.listCommits({ ...place, path: 'notes.txt' });
  expect(commits.data.map(({ commit }) => commit.message)).toEqual(['Add notes']);
});

test('what has not changed is answered 304', async () => {
  const server = await start();
  await server.pushWorkflow(WORKFLOW);
  const octokit = new Octokit({ auth: server.token, baseUrl: `${server.url}/api/v3` });
  const first = await octokit.request('GET /repos/{owner}/{repo}', { owner: 'me', repo: 'app' });
  expect(first.headers).toMatchObject({ 'x-github-enterprise-version': expect.stringMatching(/^3\./) });
  const again = { owner: 'me', repo: 'app', headers: { 'if-none-match': first.headers.etag } };
  await expect(octokit.request('GET /repos/{owner}/{repo}', again)).rejects.toMatchObject({ status: 304 });
});

test('runs are found by the day that they were made on', async () => {
  const server = await start();
  await server.pushWorkflow(WORKFLOW);
  const octokit = new Octokit({ auth: server.token, baseUrl: `${server.url}/api/v3` });
  const count = async (created: string): Promise<number> => {
    const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({ owner: 'me', repo: 'app', created });
    return data.total_count;
  };
  const today = new Date().toISOString().slice(0, 10);
  expect([await count('>=2020-01-01'), await count('<2020-01-01'), await count(`2020-01-01..${today}`)]).toEqual([
    1, 0, 1,
  ]);
  expect([await count(`>${today}`), await count('*..2020-01-01'), await count('2020-01-01..*')]).toEqual([0, 0, 1]);
  await expect(count('yesterday')).rejects.toMatchObject({ status: 422 });
});
