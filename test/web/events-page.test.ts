import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { pagesPerTest } from './pages.ts';
import { sampleEvent, sampleRun } from './samples.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

describe.skipIf(!chromiumPath)('the events', () => {
  let server: StandIn;
  const openPage = pagesPerTest({
    async start() {
      server = await startStandIn();
      return server;
    },
  });
  const open = (path: string): Promise<Page> => openPage(server.url + path);

  const listening = () => expect.poll(() => server.streams, { timeout: 10_000 }).toBe(1);
  const started = { id: 7, number: 3, workflow: 'CI', status: 'in_progress', conclusion: null } as const;

  test('say what each started, and why other files did not start', async () => {
    const reason = 'It runs on push of the branches `release/**`; this was main.';
    const notStarted = [{ file: '.github/workflows/release.yml', reason, filter: 'branches' }];
    server.receivedEvents.set(1, sampleEvent({ id: 1, runs: [started], notStarted }));
    server.setRun(sampleRun({ id: 7 }));
    const page = await open('/');
    await page.getByRole('link', { name: 'Events' }).click();
    const file = page.locator('.source-note');
    await file.getByText('.github/workflows/release.yml').waitFor();
    expect(await file.textContent()).toContain('this was main.');
    expect(await file.locator('code', { hasText: 'release/**' }).count()).toBe(1);
    expect(await file.locator('.label').textContent()).toBe('branches');
    await page.getByRole('link', { name: 'CI #3' }).click();
    await page.getByRole('heading', { name: 'Change number 7' }).waitFor();
  });

  test('are narrowed to a repository in the address, and read further back on demand', async () => {
    for (let id = 1; id <= 70; id++) {
      server.receivedEvents.set(
        id,
        sampleEvent({ id, repository: id % 2 ? 'me/app' : 'me/tool', actor: `actor-${id}` }),
      );
    }
    const page = await open('/events');
    await page.getByText('by actor-70').waitFor();
    await page.getByRole('button', { name: 'Older events' }).click();
    await page.getByText('by actor-11', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'me/app' }).first().click();
    await page.getByText('by actor-69').waitFor();
    expect(new URL(page.url()).search).toBe('?repository=me%2Fapp');
    await expect.poll(() => page.getByText('by actor-70').count()).toBe(0);
    await page.getByLabel('Repository').fill('me/none');
    await page.keyboard.press('Enter');
    await page.getByText('No event of me/none has come in').waitFor();
    await page.getByRole('button', { name: 'Show all events' }).click();
    await page.getByText('by actor-70').waitFor();
  });

  test('show how the runs go on, and a new event also when it started nothing', async () => {
    server.receivedEvents.set(1, sampleEvent({ id: 1, runs: [started] }));
    const page = await open('/events');
    await page.getByRole('img', { name: 'In progress' }).waitFor();
    await listening();
    server.setRun(sampleRun({ id: 7 }));
    await page.getByRole('img', { name: 'Success' }).waitFor();
    server.setEvent(sampleEvent({ id: 2, actor: 'newcomer' }));
    await page.getByText('by newcomer').waitFor();
    expect(await page.locator('.event-name').count()).toBe(2);
  });

  test('keep the files that are for other events out of the way', async () => {
    const other = (file: string) => ({ file, reason: 'It does not run on create, only on push.', filter: 'event' });
    const notStarted = [other('a.yml'), { file: 'b.yml', reason: 'No.', filter: 'branches' }, other('c.yml')];
    server.receivedEvents.set(1, sampleEvent({ id: 1, name: 'create', notStarted }));
    const page = await open('/events');
    await page.getByText('b.yml').waitFor();
    expect(await page.getByText('a.yml').isVisible()).toBe(false);
    await page.getByText('2 workflows do not run on create').click();
    await page.getByText('a.yml').waitFor();
    expect(await page.getByText('It does not run on create, only on push.').count()).toBe(2);
  });

  test('say what will come by itself, and when', async () => {
    const nextAt = new Date(Date.now() + 3_600_000 * 5).toISOString();
    const path = '.github/workflows/nightly.yml';
    server.schedules.push({ repository: 'me/app', path, cron: '17 3 * * *', timezone: null, actor: 'admin', nextAt });
    server.receivedEvents.set(1, sampleEvent({ id: 1 }));
    const page = await open('/events');
    await page.getByText('17 3 * * * in UTC').waitFor();
    expect(await page.locator('.schedule-next').textContent()).toMatch(/^in 4h 59m \d+s$/);
  });

  test('list the first of many files, and all on demand', async () => {
    const notStarted = Array.from({ length: 40 }, (_, index) => ({
      file: `f${index}.yml`,
      reason: 'No.',
      filter: null,
    }));
    server.receivedEvents.set(1, sampleEvent({ id: 1, notStarted }));
    const page = await open('/events');
    await page.getByText('f0.yml').waitFor();
    expect(await page.locator('.source-note').count()).toBe(5);
    await page.getByRole('button', { name: 'Show all 40' }).click();
    expect(await page.locator('.source-note').count()).toBe(40);
  });

  test('tell on an empty server how to push a repository', async () => {
    const page = await open('/events');
    await page.getByText(/git push/).waitFor();
  });

  test('say what failed and are read again on demand', async () => {
    server.failWith = 400;
    const page = await open('/events');
    await page.getByText('The store is locked.').waitFor();
    server.failWith = undefined;
    server.receivedEvents.set(1, sampleEvent({ id: 1, actor: 'somebody' }));
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('by somebody').waitFor();
  });

  test('are found from a list of runs that is empty', async () => {
    server.setRun(sampleRun({ id: 1 }));
    server.receivedEvents.set(1, sampleEvent({ id: 1, repository: 'me/app', actor: 'somebody' }));
    const page = await open('/?repository=me/app');
    await page.getByText('Did a workflow not start?').getByRole('link', { name: 'Events' }).click();
    await page.getByText('by somebody').waitFor();
  });
});
