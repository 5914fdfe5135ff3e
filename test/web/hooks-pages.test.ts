import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { pagesPerTest } from './pages.ts';
import { sampleDelivery, sampleHook, sampleRun } from './samples.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

describe.skipIf(!chromiumPath)('the webhooks', () => {
  let server: StandIn;
  const openPage = pagesPerTest({
    async start() {
      server = await startStandIn();
      return server;
    },
  });
  const open = (path: string): Promise<Page> => openPage(server.url + path);

  async function signIn(page: Page, token: string): Promise<void> {
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Continue' }).click();
  }

  const failed = { status: 'Internal Server Error', status_code: 500 };

  test('show the state of each, what it was told last, and what waits for it', async () => {
    const last = sampleDelivery({ id: 9, ...failed });
    const waiting = { waiting: 4, lastDelivery: last, url: 'https://broken.example/' };
    server.webhooks.hooks.push(sampleHook({ id: 1 }), sampleHook({ id: 2, place: null, events: ['*'], ...waiting }));
    server.webhooks.hooks.push(sampleHook({ id: 3, isActive: false, lastDelivery: last }));
    const page = await open('/hooks');
    await page.getByText('https://broken.example/').waitFor();
    expect(await page.locator('.header [aria-current]').textContent()).toBe('Settings');
    const rows = await page.locator('.row.hook').allTextContents();
    expect(rows[0]).toMatch(/^active.*demo\/hello · workflow_job, pushNothing was sent yet$/);
    expect(rows[1]).toMatch(
      /^failing.*the whole server · every event500 Internal Server Errorworkflow_job queued .*4 waiting$/,
    );
    expect(rows[2]).toMatch(/^off/);
  });

  test('unfold a delivery by key to both sides, and ask for it again', async () => {
    server.webhooks.hooks.push(sampleHook({ id: 1 }));
    server.webhooks.deliveries.push(
      sampleDelivery({ id: 1, event: 'ping', action: null }),
      sampleDelivery({ id: 2, ...failed }),
    );
    const page = await open('/hooks');
    await page.getByRole('link', { name: 'https://receiver.example/hook' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByText('500 Internal Server Error').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Request' }).getByText('"number": 2').waitFor();
    expect(await page.getByRole('region', { name: 'Response' }).textContent()).toBe('Responseserver: receiverheard');
    await page.getByRole('button', { name: 'Redeliver' }).click();
    await page.getByText('Asked for').waitFor();
    expect(server.webhooks.redelivered).toEqual([2]);
    server.webhooks.deliveries.push(sampleDelivery({ id: 3, redelivery: true }));
    await page.getByText('again', { exact: true }).waitFor();
    expect(await page.locator('.delivery').count()).toBe(3);
    expect(await page.getByRole('region', { name: 'Request' }).count()).toBe(1);
  });

  test('say why one cannot be sent again', async () => {
    server.webhooks.hooks.push(sampleHook({ id: 1 }));
    server.webhooks.deliveries.push(sampleDelivery({ id: 1 }));
    server.webhooks.refusal = { status: 404, message: 'The delivery is gone.' };
    const page = await open('/hooks/1');
    await page.locator('.delivery-head').click();
    await page.getByRole('button', { name: 'Redeliver' }).click();
    await page.getByText('The delivery is gone.').waitFor();
  });

  test('are read further back on demand', async () => {
    server.webhooks.hooks.push(sampleHook({ id: 1 }));
    for (let id = 1; id <= 40; id++) server.webhooks.deliveries.push(sampleDelivery({ id, action: `act-${id}` }));
    const page = await open('/hooks/1');
    await page.getByText('act-40').waitFor();
    expect(await page.locator('.delivery').count()).toBe(30);
    await page.getByRole('button', { name: 'Older deliveries' }).click();
    await page.getByText('workflow_job act-1', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Older deliveries' }).count()).toBe(0);
  });

  test('say how to make one, when one is off or unknown, and what failed', async () => {
    const page = await open('/hooks');
    await page.getByText('switchyard hook add').waitFor();
    server.webhooks.hooks.push(sampleHook({ id: 1, isActive: false }));
    await page.goto(`${server.url}/hooks/1`);
    await page.getByText('It is off: nothing is sent to it.').waitFor();
    await page.goto(`${server.url}/hooks/2`);
    await page.getByText('There is no such webhook').waitFor();
    server.failWith = 400;
    await page.getByRole('link', { name: 'To the webhooks' }).click();
    await page.reload();
    await page.getByText('The store is locked.').waitFor();
    server.failWith = undefined;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'https://receiver.example/hook' }).waitFor();
  });

  test('ask for a token, let whoever has none go back, and say whom they are for', async () => {
    server.token = 'swy_secret';
    server.isAdmin = true;
    server.setRun(sampleRun({ id: 1 }));
    server.webhooks.hooks.push(sampleHook({ id: 1 }));
    const page = await open('/hooks');
    await page.getByText('This server asks for a token').waitFor();
    await page.getByRole('link', { name: 'To the runs' }).waitFor();
    await signIn(page, 'swy_secret');
    await page.getByText('https://receiver.example/hook').waitFor();
    server.isAdmin = false;
    await page.reload();
    await page.getByText('alice does not administer this server').waitFor();
    expect(await page.getByText('https://receiver.example/hook').count()).toBe(0);
  });

  test('leave the rest of the page open to those without a token', async () => {
    server.setRun(sampleRun({ id: 1 }));
    const page = await open('/');
    await page.getByText('Change number 1').waitFor();
    server.token = 'swy_secret';
    await page.goto(`${server.url}/hooks`);
    await page.getByText('This server asks for a token').waitFor();
    server.token = undefined;
    await page.getByRole('link', { name: 'To the runs' }).click();
    await page.getByText('Change number 1').waitFor();
  });
});
