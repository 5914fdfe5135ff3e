import { afterEach, expect, it } from 'vitest';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const HOUR_MS = 60 * 60 * 1000;

let server: TestServer | undefined;
afterEach(() => server?.close());

it('removes the registration of an ephemeral runner that was not seen for a day, and no younger one', async () => {
  const clock = new ManualClock(Date.now());
  const started = await TestServer.start({ clock });
  server = started;
  const names = async (): Promise<string[]> =>
    (await started.rest<RunnerList>('GET', '/switchyard/v1/runners')).runners.map(({ name }) => name);
  await started.jitConfig('never-came', ['self-hosted']);
  clock.advance(23 * HOUR_MS);
  await started.jitConfig('may-still-come', ['self-hosted']);
  expect(await names()).toEqual(['never-came', 'may-still-come']);
  clock.advance(2 * HOUR_MS);
  await waitFor('the registration to be removed', async () => (await names()).length < 2);
  expect(await names()).toEqual(['may-still-come']);
});

it('forgets events after 35 days, but not those that a run refers to', async () => {
  const clock = new ManualClock(Date.now());
  const started = await TestServer.start({ clock });
  server = started;
  await started.pushWorkflow("on: push\njobs: { a: { runs-on: x, steps: [{ run: 'true' }] } }\n");
  await started.push({ a: '1' }, { ref: 'topic' });
  const names = async (): Promise<string[]> => (await started.events()).map(({ name, ref }) => `${name} ${ref}`);
  const kept = 'push refs/heads/main';
  expect(await names()).toEqual(['create refs/heads/topic', 'push refs/heads/topic', 'create refs/heads/main', kept]);
  clock.advance(35 * 24 * HOUR_MS);
  clock.advance(HOUR_MS);
  await waitFor('the events to be forgotten', async () => (await names()).length < 4);
  expect(await names()).toEqual([kept]);
});
