import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { pagesPerTest } from './pages.ts';
import { sampleHistory, samplePool } from './samples.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

describe.skipIf(!chromiumPath)('the pools', () => {
  let server: StandIn;
  const openPage = pagesPerTest({
    async start() {
      server = await startStandIn();
      return server;
    },
  });
  const open = (path: string): Promise<Page> => openPage(server.url + path, { timezoneId: 'Asia/Seoul' });

  test('show of each what there is and what is wanted, its rule, what comes next by both clocks, and what is wrong', async () => {
    const next = [{ at: '2030-07-14T15:00:00.000Z', what: 'the schedule sets minReplicas 1', desired: 3 }];
    server.fleet.pools.push(
      samplePool({ name: 'idle', busy: 0, queued: 0, next: [], desired: 1, max: null }),
      samplePool({ namespace: 'teams', next, problems: ['3 queued jobs wait, and the maximum is reached.'] }),
    );
    const page = await open('/pools');
    await page.getByRole('link', { name: 'teams/large' }).waitFor();
    expect(await page.locator('.header [aria-current]').textContent()).toBe('Pools');
    expect(await page.locator('.page-head').textContent()).toBe('Pools 22 busy, 0 idle, 3 queued');
    const [idle, large] = await page.locator('.row.pool').all();
    expect(await idle?.textContent()).toContain('RunnerDeployment · enterprise all · at least 2 runners');
    expect(await large?.textContent()).toContain('enterprise all · 2 to 16 runners');
    expect(await large?.locator('.counts').textContent()).toBe('4wanted0idle2busy2starting0leaving3queued');
    expect(await large?.locator('.pool-next').textContent()).toMatch(
      /^in \d+.*: the schedule sets minReplicas 1, which makes 3 · 2030-07-15 00:00 GMT\+9 \(2030-07-14 15:00 UTC\)$/,
    );
    expect(await large?.locator('.problem').textContent()).toBe('3 queued jobs wait, and the maximum is reached.');
    server.fleet.pools[0] = samplePool({ name: 'idle', busy: 7 });
    await page.getByText('9 busy').waitFor();
  });

  test('lead by key to the page of one: reasons, schedule, runners and events', async () => {
    server.fleet.pools.push(samplePool());
    const page = await open('/pools');
    await page.getByRole('link', { name: 'large' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const why = page.getByRole('region', { name: 'Why 4' });
    await why.getByText('2 of 2 runners were busy').waitFor();
    expect(await page.getByRole('region', { name: 'Next changes 2' }).locator('li').count()).toBe(2);
    expect(await page.getByRole('region', { name: 'Schedule' }).textContent()).toContain(
      'Weekly, 2023-07-15 00:00 +09:00 to 2023-07-17 00:00 +09:00: minReplicas 1',
    );
    const runners = page.getByRole('region', { name: 'Runners' });
    expect(await runners.locator('li').first().textContent()).toMatch(/^busylarge-abcde-01 minute ago$/);
    expect(await page.getByRole('region', { name: 'Events' }).textContent()).toMatch(
      /instead of 2\.1 minute ago, 2 times$/,
    );
    await page.getByText('Nothing is recorded yet').waitFor();
    await page.getByRole('link', { name: 'Pools' }).last().click();
    await page.getByRole('heading', { name: 'Pools 1' }).waitFor();
  });

  test('tell by arrow keys how a pool stood at a moment of the last day', async () => {
    server.fleet.pools.push(samplePool());
    const points = [
      { desired: 2, runners: 2, busy: 1, queued: 0 },
      { desired: 8, runners: 4, busy: 4, queued: 5 },
      { desired: 4, runners: 4, busy: 2, queued: 3 },
    ];
    server.fleet.history = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T03:00:00.000Z', points };
    const page = await open('/pools/default/large');
    const moment = page.getByRole('slider', { name: 'Moment of the last day' });
    await moment.waitFor();
    const legend = page.locator('.chart-legend');
    expect(await legend.textContent()).toBe(' wanted 4 runners 4 busy 2 queued jobs 3now');
    await moment.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await legend.textContent()).toBe(
      ' wanted 8 runners 4 busy 4 queued jobs 52026-01-01 10:00 GMT+9 (01:00 UTC)',
    );
    expect(await moment.getAttribute('aria-valuetext')).toBe(
      '2026-01-01 10:00 GMT+9 (01:00 UTC): 8 wanted, 4 runners, 4 busy, 5 queued jobs',
    );
    expect(await page.locator('.chart-times').textContent()).toBe('09:0012:00');
    await page.keyboard.press('End');
    expect(await legend.textContent()).toMatch(/now$/);
  });

  test('do not move what is below when the last day comes', async () => {
    server.fleet.pools.push(samplePool());
    server.fleet.history = sampleHistory();
    const page = await open('/');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/history', (route) => held.then(() => route.continue()));
    await page.goto(`${server.url}/pools/default/large`);
    await page.locator('.chart.skeleton').waitFor();
    const top = async () => (await page.getByRole('region', { name: 'Next changes' }).boundingBox())?.y;
    const before = await top();
    release();
    await page.getByRole('slider').waitFor();
    expect(await top()).toBe(before);
  });

  test('say what to do when there is no fleet, none of them, or no answer', async () => {
    server.fleet.hasFleet = false;
    const page = await open('/pools');
    await page.getByText('This server knows no fleet').waitFor();
    await page.getByText('SWITCHYARD_FLEET=http').waitFor();
    server.fleet.hasFleet = true;
    await page.getByText('switchyard apply -f examples/runners.yaml').waitFor();
    server.fleet.isDown = true;
    await page.reload();
    await page.getByRole('alert').getByText('The fleet does not answer.').waitFor();
    await page.getByText('It may be stopped or restarting.').waitFor();
    server.fleet.isDown = false;
    server.fleet.pools.push(samplePool());
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'large' }).waitFor();
    await page.goto(`${server.url}/pools/default/nobody`);
    await page.getByText('Pool was not found.').waitFor();
  });

  test('stay on the page with a word when the fleet goes away', async () => {
    server.fleet.pools.push(samplePool());
    const page = await open('/pools/default/large');
    await page.getByRole('region', { name: 'Why 4' }).waitFor();
    server.fleet.isDown = true;
    await page.getByText('The fleet does not answer. This is how it stood before.').waitFor();
    expect(await page.getByRole('region', { name: 'Why 4' }).count()).toBe(1);
    server.fleet.isDown = false;
    await page.locator('.notice').waitFor({ state: 'detached' });
  });
});
