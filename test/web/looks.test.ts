import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, openPage, startBrowser } from './browser.ts';
import {
  logLines,
  sampleDelivery,
  sampleEvent,
  sampleHistory,
  sampleHook,
  sampleJob,
  samplePool,
  sampleRun,
  sampleRunner,
  sampleStep,
} from './samples.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

const longName = 'a-very-long-name-without-any-place-to-break-it-as-people-like-to-give-to-branches-and-hosts';

const pages = {
  runs: { path: '/', heading: 'Runs', title: 'Runs · Switchyard' },
  run: { path: '/runs/1', heading: longName, title: `✗ ${longName} · Switchyard` },
  job: { path: '/runs/1/jobs/11', heading: 'build', title: `✗ build · ${longName} · Switchyard` },
  events: { path: '/events', heading: 'Events', title: 'Events · Switchyard' },
  runners: { path: '/runners', heading: 'Runners', title: 'Runners · Switchyard' },
  pools: { path: '/pools', heading: 'Pools', title: 'Pools · Switchyard' },
  pool: { path: `/pools/default/${longName}`, heading: longName, title: `Pool ${longName} · Switchyard` },
  webhooks: { path: '/hooks', heading: 'Webhooks', title: 'Webhooks · Switchyard' },
  webhook: { path: '/hooks/1', heading: longName, title: `Webhook https://${longName}.example/ · Switchyard` },
};

describe.skipIf(!chromiumPath)('every page', () => {
  let browser: Browser;
  let server: StandIn;

  beforeAll(async () => {
    browser = await startBrowser();
    server = await startStandIn();
    const errors = [{ file: `.github/workflows/${longName}.yml`, line: 1, column: 2, message: longName }];
    const waitUntil = new Date(Date.now() + 3_600_000).toISOString();
    const pendingDeployments = [{ environment: longName, jobs: [longName], reviewers: [longName], waitUntil }];
    const ref = `refs/heads/${longName}`;
    server.setRun(sampleRun({ id: 1, title: longName, ref, conclusion: 'failure', errors, pendingDeployments }));
    const steps = [sampleStep({ number: 1, name: longName, conclusion: 'failure', logLines: 1 })];
    const annotation = {
      level: 'failure',
      message: longName,
      title: null,
      path: longName,
      line: 1,
      stepNumber: 1,
    } as const;
    const job = { runId: 1, labels: [longName], reason: longName, conclusion: 'failure' as const };
    server.setJob(sampleJob({ id: 11, key: 'build', ...job, steps, annotations: [annotation] }));
    server.setJob(sampleJob({ id: 12, key: 'deploy', ...job, name: longName, needs: ['build'] }));
    const environment = { name: longName, url: 'https://example.com/' };
    server.setJob(sampleJob({ id: 13, key: 'call', ...job, name: longName, calls: `${longName}@v1`, environment }));
    server.setJob(sampleJob({ id: 14, key: 'inner', ...job, name: `${longName} / inner`, parentId: 13 }));
    server.appendLog(11, 1, logLines('x'.repeat(1000)));
    const notStarted = [{ file: `.github/workflows/${longName}.yml`, reason: longName, filter: 'branches' }];
    server.receivedEvents.set(1, sampleEvent({ id: 1, ref: `refs/heads/${longName}`, notStarted }));
    const delivery = sampleDelivery({ id: 1, status: longName, event: longName, redelivery: true });
    const url = `https://${longName}.example/`;
    server.webhooks.deliveries.push(delivery);
    server.webhooks.hooks.push(sampleHook({ id: 1, url, events: [longName], waiting: 3, lastDelivery: delivery }));
    server.fleet.pools.push(
      samplePool({
        name: longName,
        labels: [longName],
        rule: longName,
        problems: [longName],
        reasons: [{ code: 'x', text: longName }],
        events: [{ at: delivery.delivered_at, type: 'Warning', reason: longName, message: longName, count: 2 }],
      }),
    );
    server.fleet.history = sampleHistory();
    server.setRunner(sampleRunner({ id: 1, name: longName, labels: ['self-hosted', longName] }));
  });
  afterAll(async () => {
    await server?.close();
    await browser?.close();
  });

  for (const [name, { path, heading, title }] of Object.entries(pages)) {
    test(`fits a phone of 360 pixels without scrolling sideways: ${name}`, async () => {
      const { page, close, troubles } = await openPage(browser, server.url + path, {
        viewport: { width: 360, height: 740 },
      });
      await page.getByRole('heading', { name: heading }).first().waitFor();
      await page.locator('.skeleton-rows').waitFor({ state: 'detached' });
      const over = () =>
        page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await expect.poll(over).toBeLessThanOrEqual(0);
      expect(troubles).toEqual([]);
      await close();
    });

    test(`has its title and the language, and answers a direct visit: ${name}`, async () => {
      const { page, close } = await openPage(browser, server.url + path);
      await expect.poll(() => page.title()).toBe(title);
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      await close();
    });
  }

  test('is dark where the system is, and as the user chose after that', async () => {
    const { page, close } = await openPage(browser, server.url, { colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const lightness = async () => Math.max(...((await background()).match(/\d+/g) ?? []).slice(0, 3).map(Number));
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    expect(await lightness()).toBeLessThan(60);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(lightness).toBeGreaterThan(200);
    await page.getByRole('button', { name: 'Theme: as the system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await expect.poll(lightness).toBeLessThan(60);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    expect(await lightness()).toBeLessThan(60);
    await close();
  });

  test('loads at most 150 kB of compressed script for the first page', async () => {
    const { page, close } = await openPage(browser, 'about:blank');
    const scripts: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.push(response.body());
    });
    await page.goto(server.url);
    await page.getByRole('link', { name: longName }).waitFor();
    const bodies = await Promise.all(scripts);
    const bytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
    process.stdout.write(`first page: ${bodies.length} scripts, ${(bytes / 1000).toFixed(1)} kB compressed\n`);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(150_000);
    await close();
  });

  test('shows where the keyboard is', async () => {
    const { page, close } = await openPage(browser, server.url);
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
    for (const expected of ['Switchyard', 'Runs', 'Events', 'Runners', 'Pools', 'Settings']) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus-visible');
      expect(await focused.textContent()).toBe(expected);
      expect(await focused.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
    }
    await close();
  });
});
