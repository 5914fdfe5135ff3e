import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../support/server.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { chromiumPath } from '../web/browser.ts';
import { pagesPerTest } from '../web/pages.ts';

describe.skipIf(!chromiumPath)('the page, on a real server with a real fleet', () => {
  let server: TestServer;
  let fleet: TestFleet;
  let folder: string;
  const openPage = pagesPerTest();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-page-'));
    server = await TestServer.start();
    fleet = await TestFleet.start(server, 2);
  });
  afterAll(async () => {
    await fleet?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (path: string): Promise<Page> => openPage(server.url + path);

  /** Shell text that waits until `go(name)` is called. */
  const wait = (name: string): string => `until [ -e ${join(folder, name)} ]; do sleep 0.05; done`;
  const go = (name: string): Promise<void> => writeFile(join(folder, name), '');

  const card = (page: Page, job: string) =>
    page.locator('.job-card').filter({ has: page.getByRole('link', { name: job, exact: true }) });
  const step = (page: Page, name: string) => page.getByRole('button', { name });
  const state = (word: string) => ['img', { name: word, exact: true }] as const;
  const line = (page: Page, text: string) =>
    page.locator('.log-line').filter({ has: page.locator('.log-text').getByText(text, { exact: true }) });

  it('shows a push live: the run, its jobs and steps, the log, what failed and why, and who worked', async () => {
    const runners = await open('/runners');
    await runners.getByText('0 busy, 2 idle, 0 offline').waitFor();
    const runs = await open('/?repository=acme/shop');
    await runs.getByText('No run matches').waitFor();
    const loads: string[] = [];
    for (const page of [runners, runs]) page.on('load', () => loads.push(page.url()));

    await server.pushWorkflow(
      `name: Ship
on: push
jobs:
  build:
    runs-on: [self-hosted, linux]
    steps:
      - run: echo "::group::Sources"; echo one.ts; echo "::endgroup::"
      - name: Compile
        run: |
          echo started
          ${wait('compiled')}
          printf '\\033[32mcompiled\\033[0m\\n'
  test:
    needs: build
    runs-on: self-hosted
    steps:
      - name: Unit tests
        run: echo "two failed"; exit 3
  deploy:
    needs: test
    runs-on: self-hosted
    steps: [{ run: echo never }]
`,
      { repository: 'acme/shop', message: 'Add the basket' },
    );

    await runs.getByRole('link', { name: 'Add the basket' }).waitFor();
    await runs.getByText('Ship', { exact: true }).waitFor();
    await runners.getByRole('link', { name: 'build' }).waitFor();
    await runners.getByText('1 busy').waitFor();

    await runs.getByRole('link', { name: 'Add the basket' }).click();
    await card(runs, 'build')
      .getByRole(...state('In progress'))
      .waitFor();
    await card(runs, 'deploy').getByText('needs test').waitFor();

    const job = await open(await path(card(runs, 'build').getByRole('link')));
    await line(job, 'started').waitFor();
    await step(job, 'Compile')
      .getByRole(...state('In progress'))
      .waitFor();
    await step(job, 'Run echo "::group::Sources"')
      .getByRole(...state('Success'))
      .waitFor();
    expect(await line(job, 'compiled').count()).toBe(0);

    await step(job, 'Run echo "::group::Sources"').click();
    await line(job, 'one.ts').waitFor();
    await job.getByRole('button', { name: 'Sources', exact: true }).click();
    await line(job, 'one.ts').waitFor({ state: 'detached' });
    await job.getByRole('button', { name: 'Sources', exact: true }).click();
    await line(job, 'one.ts').waitFor();

    await go('compiled');
    await line(job, 'compiled').waitFor();
    await step(job, 'Compile')
      .getByRole(...state('Success'))
      .waitFor();
    await job
      .getByRole('heading', { name: 'build' })
      .getByRole(...state('Success'))
      .waitFor();
    expect(await line(job, 'compiled').locator('.ansi-green-fg').count()).toBe(1);

    await line(job, 'compiled').getByRole('link').click();
    await expect.poll(() => new URL(job.url()).hash).toMatch(/^#step:3:\d+$/);
    const linked = await open(job.url().slice(server.url.length));
    await line(linked, 'compiled').and(linked.locator('.is-target')).waitFor();

    await card(runs, 'build')
      .getByRole(...state('Success'))
      .waitFor();
    await card(runs, 'test')
      .getByRole(...state('Failure'))
      .waitFor();
    await card(runs, 'test').getByText('Failed in Unit tests: Process completed with exit code 3.').waitFor();
    await card(runs, 'deploy')
      .getByRole(...state('Skipped'))
      .waitFor();
    const reason = 'Skipped because its condition success() was false: test ended with failure.';
    await card(runs, 'deploy').locator('.reason').getByText(reason).waitFor();
    await runs
      .getByRole('heading', { name: 'Add the basket' })
      .getByRole(...state('Failure'))
      .waitFor();
    await runs.getByRole('button', { name: 'Why? test' }).click();
    await card(runs, 'test')
      .getByText(/^Offered to linux-\S+, which has every label it asks for/)
      .waitFor();
    await runs.getByRole('button', { name: 'Why? deploy' }).click();
    await card(runs, 'deploy').locator('.why-panel').getByText(reason).first().waitFor();

    await card(runs, 'test').getByRole('link', { name: 'Unit tests' }).click();
    await runs.locator('.log-error').getByText('Process completed with exit code 3.').waitFor();
    await line(runs, 'two failed').waitFor();
    await runners.getByText('0 busy, 2 idle').waitFor();
    expect(loads).toEqual([]);
  });

  it('shows where a workflow file is wrong: file, line and column', async () => {
    const said = await server.push(
      {
        '.github/workflows/wrong.yml':
          'on: push\njobs:\n  a:\n    runs-on: x\n    needs: nobody\n    steps: [{run: x}]\n',
      },
      { repository: 'acme/wrong', message: 'Break it' },
    );
    const page = await open('/?repository=acme/wrong');
    await page.getByRole(...state('Startup failure')).waitFor();
    await page.getByRole('link', { name: 'Break it' }).click();
    await page.getByText('.github/workflows/wrong.yml:5:12', { exact: true }).waitFor();
    await page.getByText("Job 'a' depends on unknown job 'nobody'.").waitFor();
    expect(said).toContain('.github/workflows/wrong.yml:5:12');
  });

  it('follows a step that prints 100,000 lines, and stays an ordinary page with them', async () => {
    await server.pushWorkflow(
      `on: push
jobs:
  loud:
    runs-on: self-hosted
    steps: [{ name: Count, run: 'seq 100000; ${wait('counted')}; echo the end' }]
`,
      { repository: 'acme/loud', message: 'Count' },
    );
    const page = await open('/?repository=acme/loud');
    await page.getByRole('link', { name: 'Count' }).click();
    await card(page, 'loud').getByRole('link', { name: 'loud' }).click();
    const watch = page.evaluate(longestFrameMs, 'the end');
    await line(page, '100000').waitFor();
    expect(await page.locator('.log-row').count()).toBeLessThan(150);

    await go('counted');
    await line(page, 'the end').waitFor();
    process.stdout.write(`100,000 real lines: longest frame ${(await watch).toFixed(0)} ms\n`);

    await page.reload();
    await step(page, 'Count').click();
    await line(page, '1').waitFor();
    await page.keyboard.press('End');
    await line(page, 'the end').waitFor();
    await page.getByRole('link', { name: 'Line 100000', exact: true }).waitFor();
    expect(await page.locator('.log-row').count()).toBeLessThan(150);
  });
});

const path = async (link: ReturnType<Page['locator']>): Promise<string> => (await link.getAttribute('href')) ?? '';

/** Runs in the page until it shows `text`; a page that hangs draws no frames. */
function longestFrameMs(text: string): Promise<number> {
  return new Promise((resolve) => {
    let longest = 0;
    let last = performance.now();
    const frame = (now: number) => {
      longest = Math.max(longest, now - last);
      last = now;
      const isThere = [...document.querySelectorAll('.log-text')].some((element) => element.textContent === text);
      if (isThere) resolve(longest);
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}
