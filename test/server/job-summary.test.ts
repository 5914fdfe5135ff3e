/** What steps write to GITHUB_STEP_SUMMARY, on the server (SEM-24.7). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobSummary } from '../../src/protocol/dashboard/index.ts';
import type { JobMessage } from '../../src/protocol/runner/index.ts';
import { RECEIVER_PATH } from '../../src/protocol/runner/index.ts';
import { systemConnection } from '../../src/protocol/runner/job-message.ts';
import { runCommandAt } from '../support/command-line.ts';
import { TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(() => server.close());

async function takeJob(): Promise<JobMessage> {
  const runner = await server.runner('box');
  await server.pushWorkflow('on: push\njobs:\n  a: { runs-on: self-hosted, steps: [{ run: x }] }');
  const { status, body } = await runner.acquire(await runner.waitForJob());
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

async function receiver<T>(message: JobMessage, method: string, fields: object): Promise<T> {
  const token = systemConnection(message).authorization.parameters.AccessToken;
  const body = { workflow_run_backend_id: message.plan.planId, workflow_job_run_backend_id: message.jobId, ...fields };
  return (await call<T>('POST', `${server.url}${RECEIVER_PATH}/${method}`, { token, json: body })).body;
}

/** As a worker does: the step, the blob, then the word that it is there. */
async function write(message: JobMessage, number: number, markdown: string): Promise<void> {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const token = systemConnection(message).authorization.parameters.AccessToken;
  const ids = { workflow_run_backend_id: message.plan.planId, workflow_job_run_backend_id: message.jobId };
  const steps = [{ external_id: id, number, name: `Step ${number}`, status: 6, conclusion: 2 }];
  await call(
    'POST',
    `${server.url}/twirp/github.actions.results.api.v1.WorkflowStepUpdateService/WorkflowStepsUpdate`,
    {
      token,
      json: { ...ids, steps, change_order: number },
    },
  );
  const step = { step_backend_id: id };
  const { summary_url } = await receiver<{ summary_url: string }>(message, 'GetStepSummarySignedBlobURL', step);
  const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain' };
  expect((await fetch(summary_url, { method: 'PUT', headers, body: markdown })).status).toBe(201);
  await receiver(message, 'CreateStepSummaryMetadata', { ...step, size: markdown.length, uploaded_at: 'x' });
}

const summaryOf = (id: number) => server.rest<JobSummary>('GET', `/switchyard/v1/jobs/${id}/summary`);

describe('summaries of steps', () => {
  it('SEM-24.7: are kept and shown in the order of their steps', async () => {
    const message = await takeJob();
    expect(await summaryOf(message.requestId)).toEqual({ steps: [], leftOut: 0 });
    await write(message, 3, '# Later');
    await write(message, 2, '# Earlier');
    expect(await summaryOf(message.requestId)).toEqual({
      steps: [
        { number: 2, name: 'Step 2', markdown: '# Earlier' },
        { number: 3, name: 'Step 3', markdown: '# Later' },
      ],
      leftOut: 0,
    });
    const [run] = await server.runs();
    expect((await server.run(run?.id ?? 0)).jobs[0]?.summaries).toBe(2);
  });

  it('SEM-24.7: are the first twenty of a job, with the number of the others', async () => {
    const message = await takeJob();
    for (let number = 1; number <= 22; number++) await write(message, number, `${number}`);
    const { steps, leftOut } = await summaryOf(message.requestId);
    expect(steps.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(leftOut).toBe(2);
  });

  it('are printed by `logs --summary`, where control characters do nothing', async () => {
    const message = await takeJob();
    await write(message, 2, '# Tests\n\n2 \u001b[31mfailed\n');
    const printed = await runCommandAt(server, 'logs', '1', '--summary');
    expect(printed.code).toBe(0);
    expect(printed.out).toMatch(/^a \/ Step 2\n# Tests\n\n2 .*failed\n$/);
    expect(printed.out).not.toContain('\u001b');
    const { code, err } = await runCommandAt(server, 'logs', '1', '--diagnostics', '/nowhere/x.zip');
    expect(code).toBe(1);
    expect(err).toContain('A diagnostic log of job');
  });

  it('are none where only the word came, and no other job sees them', async () => {
    const message = await takeJob();
    const step_backend_id = '00000000-0000-4000-8000-000000000001';
    await receiver(message, 'CreateStepSummaryMetadata', { step_backend_id, size: 9, uploaded_at: 'x' });
    expect(await summaryOf(message.requestId)).toEqual({ steps: [], leftOut: 0 });
    const { status } = await call('GET', `${server.url}/switchyard/v1/jobs/999/summary`, { token: server.token });
    expect(status).toBe(404);
    const diagnostics = `${server.url}/switchyard/v1/jobs/${message.requestId}/diagnostics`;
    expect((await call('GET', diagnostics, { token: server.token })).status).toBe(404);
  });
});
