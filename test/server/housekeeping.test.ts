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
