import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { type SmallServer, startSmallServer } from '../../../test/support/small-server.ts';
import { newGuid } from '../../common/ids.ts';
import { acceptOnce } from '../../store/events.ts';
import { applyStep } from '../../store/steps.ts';
import { dashboardRoutes } from './routes.ts';

interface Event {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a page would parse
  data: any;
}

let server: SmallServer;
const open: AbortController[] = [];

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => void (await app.register(dashboardRoutes(context))), {
    loopbackOnly: true,
  });
});
afterAll(() => server.close());
afterEach(() => {
  for (const connection of open.splice(0)) connection.abort();
});

/** Connects; the events that came so far, and the raw text. */
async function listen(query = '', of = server): Promise<{ events: Event[]; text: () => string; ended: Promise<void> }> {
  const connection = new AbortController();
  open.push(connection);
  const response = await fetch(`${of.url}/events${query}`, { signal: connection.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: Event[] = [];
  let text = '';
  let taken = 0;
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      for (let end = text.indexOf('\n\n', taken); end >= 0; end = text.indexOf('\n\n', taken)) {
        const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(taken, end)) ?? [];
        if (event) events.push({ event, data: JSON.parse(data) });
        taken = end + 2;
      }
    }
  };
  return { events, text: () => text, ended: read().catch(() => {}) };
}

const until = (condition: () => unknown) => expect.poll(condition, { timeout: 5_000, interval: 5 });

test('tells a page what changed, as it is now, and tells it first when to come back', async () => {
  const { run, job } = await insertRunWithJob(server.context.db);
  const { events, text } = await listen();
  server.context.changes.emit('run', run.id);
  server.context.changes.emit('job', job.id);
  server.context.changes.emit('runner-removed', 5);
  await until(() => events.length).toBe(3);
  expect(text().startsWith('retry: 1000\n\n')).toBe(true);
  expect(events).toMatchObject([
    { event: 'run', data: { id: run.id, title: 'A title' } },
    { event: 'job', data: { id: job.id, steps: [] } },
    { event: 'runner-removed', data: { id: 5 } },
  ]);
});

test('tells of a new event with what it did not start', async () => {
  const { repository } = await insertRunWithJob(server.context.db);
  const { events } = await listen();
  const notStarted = [{ file: 'a.yml', reason: 'No.', filter: 'branches' }];
  const facts = { name: 'push', activity: null, ref: 'refs/heads/main', sha: 'a'.repeat(40), actor: 'alice' };
  const key = { key: newGuid(), repository_id: repository.id, accepted_at: '2026-01-01T00:00:00.000Z' };
  const id = await acceptOnce(server.context.db, { ...facts, ...key, not_started: JSON.stringify(notStarted) });
  server.context.changes.emit('received-event', id ?? 0);
  await until(() => events.length).toBe(1);
  expect(events[0]).toMatchObject({
    event: 'received-event',
    data: { id, repository: 'me/app', runs: [], notStarted },
  });
});

test('sends what changes all the time at most 20 times a second', async () => {
  const { job } = await insertRunWithJob(server.context.db);
  const { events } = await listen();
  const begin = performance.now();
  while (performance.now() - begin < 300) {
    server.context.changes.emit('job', job.id);
    await new Promise(setImmediate);
  }
  server.context.changes.emit('runner-removed', job.id);
  await until(() => events.at(-1)?.event).toBe('runner-removed');
  const seconds = (performance.now() - begin) / 1000;
  expect(events.length).toBeLessThanOrEqual(2 + 20 * seconds + 1);
  expect(events.length).toBeGreaterThan(1);
});

test('tells a page that looks at one run about that run only', async () => {
  const [mine, other] = [await insertRunWithJob(server.context.db), await insertRunWithJob(server.context.db)];
  const { events } = await listen(`?run=${mine.run.id}`);
  for (const { run, job } of [other, mine]) {
    server.context.changes.emit('run', run.id);
    server.context.changes.emit('job', job.id);
  }
  server.context.changes.emit('runner-removed', 1);
  await until(() => events.length).toBe(2);
  expect(events.map(({ event, data }) => [event, data.id])).toEqual([
    ['run', mine.run.id],
    ['job', mine.job.id],
  ]);
});

test('sends the lines of a job that a page looks at, also of a step that is known only later', async () => {
  const { job } = await insertRunWithJob(server.context.db);
  const { events } = await listen(`?job=${job.id}`);
  const stepId = newGuid();
  server.context.liveLogs.append(job.id, stepId, 1, ['a']);
  server.context.liveLogs.append(job.id, stepId, 2, ['b']);
  const step = { externalId: stepId, number: 4, name: 'x', status: 'in_progress', conclusion: null } as const;
  await applyStep(server.context.db, job.id, { ...step, startedAt: null, completedAt: null }, 1);
  await until(() => events.length).toBe(1);
  expect(events[0]).toEqual({ event: 'log', data: { jobId: job.id, step: 4, from: 1, lines: ['a', 'b'] } });
});

test('ends the streams when the server closes', async () => {
  const other = await startSmallServer(async (app, context) => void (await app.register(dashboardRoutes(context))), {
    loopbackOnly: true,
  });
  const { ended } = await listen('', other);
  await other.close();
  await ended;
  expect(other.context.changes.listenerCount('run')).toBe(0);
});
