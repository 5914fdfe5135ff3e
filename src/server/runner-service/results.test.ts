import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { type SmallServer, startSmallServer } from '../../../test/support/small-server.ts';
import { newGuid } from '../../common/ids.ts';
import { RECEIVER_PATH, STEPS_UPDATE_PATH } from '../../protocol/runner/index.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { RunRow } from '../../store/runs.ts';
import { findStep } from '../../store/steps.ts';
import { issueJobToken } from '../auth/jwt.ts';
import { blobRoutes } from '../blobs/routes.ts';
import { feedRoutes } from './feed.ts';
import { resultsRoutes } from './results.ts';
import { readJobLog, readLog } from './step-logs.ts';

let server: SmallServer;
let run: RunRow;
let job: JobRow;
let token: string;
let stepId: string;

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => {
    await app.register(blobRoutes(context));
    await app.register(resultsRoutes(context));
    await app.register(feedRoutes(context));
  });
});
afterAll(() => server.close());

beforeEach(async () => {
  ({ run, job } = await insertRunWithJob(server.context.db));
  token = await tokenOf(run, job);
  stepId = newGuid();
});

const tokenOf = (ofRun: RunRow, ofJob: JobRow): Promise<string> => {
  const claims = { jobId: ofJob.id, runId: ofRun.id, repositoryId: ofJob.repository_id };
  const guids = { planId: ofRun.plan_id, jobGuid: ofJob.job_guid };
  return issueJobToken(server.context.keys, { ...claims, ...guids }, Date.now(), 60);
};

async function call(path: string, body: object, authorization = `Bearer ${token}`) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ workflow_run_backend_id: run.plan_id, workflow_job_run_backend_id: job.job_guid, ...body }),
  });
  return { status: response.status, body: await response.json() };
}

const update = (change_order: number, step: object) =>
  call(STEPS_UPDATE_PATH, { change_order, steps: [{ external_id: stepId, number: 2, name: 'Say', ...step }] });

const theStep = async () => {
  const step = await findStep(server.context.db, job.id, 2);
  if (!step) throw new Error('there is no step 2');
  return step;
};

describe('step updates', () => {
  test('are kept, and told to the page', async () => {
    const told: number[] = [];
    server.context.changes.on('job', (id) => told.push(id));
    const started_at = '2026-01-01T00:00:00.1234567Z';
    expect(await update(1, { status: 3, conclusion: 0, started_at })).toEqual({ status: 200, body: { ok: true } });
    expect(await theStep()).toMatchObject({ status: 'in_progress', started_at: '2026-01-01T00:00:00.123Z' });
    await update(2, { status: 6, conclusion: 3, started_at, completed_at: '2026-01-01T00:00:02.000Z', name: null });
    expect(await theStep()).toMatchObject({ name: 'Say', status: 'completed', conclusion: 'failure' });
    expect(told).toEqual([job.id, job.id]);
  });

  test('that come late, or twice, change nothing (runner-protocol 8.1)', async () => {
    await update(5, { status: 6, conclusion: 2 });
    expect((await update(4, { status: 3 })).body).toEqual({ ok: true });
    expect((await update(5, { status: 3 })).body).toEqual({ ok: true });
    expect(await theStep()).toMatchObject({ status: 'completed', conclusion: 'success' });
  });

  test('of an ended job are refused, but its log may still come (SEM-28.10)', async () => {
    await update(1, { status: 3 });
    await server.context.db.updateTable('jobs').set({ phase: 'completed' }).where('id', '=', job.id).execute();
    expect(await update(2, { status: 6, conclusion: 2 })).toMatchObject({
      status: 412,
      body: { code: 'failed_precondition' },
    });
    expect(await theStep()).toMatchObject({ status: 'in_progress' });
    const metadata = { step_backend_id: stepId, line_count: '3', uploaded_at: '2026-01-01T00:00:00.000Z' };
    expect((await call(`${RECEIVER_PATH}/CreateStepLogsMetadata`, metadata)).body).toEqual({ ok: true });
    expect(await theStep()).toMatchObject({ log_lines: 3, log_complete: 1, status: 'in_progress' });
  });

  test('with the ids of another job are refused', async () => {
    const other = await insertRunWithJob(server.context.db);
    const foreign = `Bearer ${await tokenOf(other.run, other.job)}`;
    expect(await call(STEPS_UPDATE_PATH, { change_order: 1, steps: [] }, foreign)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await call(STEPS_UPDATE_PATH, { change_order: 1, steps: [] }, 'Bearer x')).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
    expect(await call(STEPS_UPDATE_PATH, { change_order: 1, steps: [{ external_id: '../x' }] })).toMatchObject({
      status: 422,
      body: { code: 'invalid_argument' },
    });
  });
});

describe('logs', () => {
  test('go to a signed URL that is the same blob for every block, and are read by line without the mark', async () => {
    await update(1, { status: 3 });
    for (const block of ['\uFEFFone\r\ntwo\n', 'three\nfour']) {
      const { body } = await call(`${RECEIVER_PATH}/GetStepLogsSignedBlobURL`, { step_backend_id: stepId });
      expect(body.blob_storage_type).toBe('BLOB_STORAGE_TYPE_AZURE');
      expect((await fetch(`${body.logs_url}&comp=appendblock`, { method: 'PUT', body: block })).status).toBe(201);
    }
    await call(`${RECEIVER_PATH}/CreateStepLogsMetadata`, { step_backend_id: stepId, line_count: 4 });
    const page = { lines: ['one', 'two', 'three', 'four'], total: 4, complete: true };
    expect(await readLog(server.context, job, await theStep(), 1, 100)).toEqual({ from: 1, ...page });
    expect(await readLog(server.context, job, await theStep(), 3, 1)).toMatchObject({ from: 3, lines: ['three'] });
    expect(await readLog(server.context, job, await theStep(), 9, 1)).toMatchObject({ lines: [], total: 4 });
  });

  test('of jobs, diagnostics and summaries have their URLs', async () => {
    const urls: string[] = [];
    for (const [method, field] of [
      ['GetJobLogsSignedBlobURL', 'logs_url'],
      ['GetJobDiagLogsSignedBlobURL', 'diag_logs_url'],
      ['GetStepSummarySignedBlobURL', 'summary_url'],
    ] as const) {
      const { body } = await call(`${RECEIVER_PATH}/${method}`, { step_backend_id: stepId });
      urls.push(body[field]);
      expect((await fetch(body[field], { method: 'PUT', body: 'x' })).status).toBe(201);
    }
    expect(new Set(urls.map((url) => new URL(url).pathname)).size).toBe(3);
    const summary = { step_backend_id: stepId, size: 1 };
    expect((await call(`${RECEIVER_PATH}/CreateStepSummaryMetadata`, summary)).body).toEqual({ ok: true });
    expect((await call(`${RECEIVER_PATH}/CreateJobLogsMetadata`, { line_count: '12' })).body).toEqual({ ok: true });
  });

  test('read from 10,000 lines and more, on any page', async () => {
    await update(1, { status: 3 });
    const lines = Array.from({ length: 12_345 }, (_, n) => `line ${n + 1}`);
    const { body } = await call(`${RECEIVER_PATH}/GetStepLogsSignedBlobURL`, { step_backend_id: stepId });
    await fetch(body.logs_url, { method: 'PUT', body: `${lines.join('\n')}\n` });
    await call(`${RECEIVER_PATH}/CreateStepLogsMetadata`, { step_backend_id: stepId, line_count: lines.length });
    for (const from of [1, 255, 256, 257, 5_000, 12_345]) {
      const page = await readLog(server.context, job, await theStep(), from, 300);
      expect(page).toMatchObject({ lines: lines.slice(from - 1, from + 299), total: lines.length });
    }
  });
});

describe('the live console', () => {
  const open = (authorization: string): Promise<WebSocket> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/feed`, { headers: { authorization } });
      socket.once('open', () => resolve(socket));
      socket.once('error', reject);
    });
  const send = (socket: WebSocket, startLine: number, value: string[]): void =>
    socket.send(JSON.stringify({ count: value.length, value, stepId, startLine }));
  const received = async (count: number): Promise<void> => {
    await expect
      .poll(() => server.context.liveLogs.total(job.id, stepId), { timeout: 10_000, interval: 5 })
      .toBe(count);
  };

  test('shows the lines of a step before its log is there', async () => {
    await update(1, { status: 3 });
    const socket = await open(`Bearer ${token}`);
    const time = '2026-01-01T00:00:00.0000000Z';
    send(socket, 1, [`${time} a`, `${time} b`]);
    await received(2);
    expect(await readLog(server.context, job, await theStep(), 1, 10)).toEqual({
      ...{ from: 1, lines: [`${time} a`, `${time} b`] },
      ...{ total: 2, complete: false },
    });
    const whole = await readJobLog(server.context, job);
    expect(String(await whole?.toArray())).toBe(`${time} a\n${time} b\n`);
    socket.close();
  });

  test('puts the time of arrival in front of lines that come without one, as the official runner sends them', async () => {
    await update(1, { status: 3 });
    const socket = await open(`Bearer ${token}`);
    send(socket, 1, ['##[group]Run x', '']);
    await received(2);
    const { lines } = await readLog(server.context, job, await theStep(), 1, 10);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ##\[group]Run x$/);
    expect(lines[1]).toMatch(/Z $/);
    socket.close();
  });

  test('refuses a foreign token, and ends a connection that speaks something else', async () => {
    await expect(open('Bearer x')).rejects.toThrow('401');
    const socket = await open(`Bearer ${token}`);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send('{"stepId":1}');
    expect(await closed).toBe(1007);
  });

  test('answers any other request for an upgrade as usual, and then ends its connection', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET /none HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n');
    let answer = '';
    for await (const piece of socket) answer += piece;
    expect(answer).toMatch(/^HTTP\/1\.1 404/);
    expect((await fetch(`${server.url}/feed`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(426);
  });

  test('takes a hundred thousand lines at once', async () => {
    const socket = await open(`Bearer ${token}`);
    const line = `2026-01-01T00:00:00.0000000Z ${'x'.repeat(80)}`;
    const value = Array.from({ length: 100 }, () => line);
    for (let startLine = 1; startLine <= 100_000; startLine += 100) send(socket, startLine, value);
    await received(100_000);
    socket.close();
  });
});
