import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { type SmallServer, startSmallServer } from '../../../test/support/small-server.ts';
import { issueJobToken } from '../auth/jwt.ts';
import { actionDownloadRoutes } from './action-downloads.ts';

let server: SmallServer;

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => void (await app.register(actionDownloadRoutes(context))));
});
afterAll(() => server.close());

async function ask(actions: object[], jobId?: string) {
  const { run, job } = await insertRunWithJob(server.context.db);
  const guids = { planId: run.plan_id, jobGuid: job.job_guid };
  const claims = { jobId: job.id, runId: run.id, repositoryId: job.repository_id, ...guids };
  const token = await issueJobToken(server.context.keys, claims, Date.now(), 60);
  const path = `/actions/build/${run.plan_id}/jobs/${jobId ?? job.job_guid}/runnerresolve/actions`;
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ actions }),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
}

test('every action is refused by name with a sentence, in the form that ends the job at once (runner-protocol 7)', async () => {
  const answer = await ask([
    { action: 'actions/checkout', version: 'v4', path: '' },
    { action: 'o/r', version: 'main' },
  ]);
  expect(answer).toMatchObject({ status: 422, type: expect.stringContaining('application/json') });
  expect(Object.keys(answer.body.errors)).toEqual(['actions/checkout@v4', 'o/r@main']);
  expect(answer.body.errors['o/r@main'].message).toContain('does not serve o/r@main');
});

test('the token of one job does not ask for another', async () => {
  expect((await ask([], '11111111-2222-4333-8444-555555555555')).status).toBe(404);
});
