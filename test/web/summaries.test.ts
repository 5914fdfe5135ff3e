/** What jobs write to GITHUB_STEP_SUMMARY, on the run's page (SEM-24.7). */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { pagesPerTest } from './pages.ts';
import { sampleJob, sampleRun } from './samples.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

const HOSTILE = `<script>window.hacked = 1</script>

<img src=x onerror="window.hacked = 2">

![beacon](https://evil.example/pixel.png)

<svg><script>window.hacked = 3</script></svg>

<iframe src="https://evil.example"></iframe>

<a href="javascript:window.hacked = 4" onclick="window.hacked = 5">click me</a>

<form action="https://evil.example"><input name="token" type="password"><button>Sign in</button></form>

<div id="root" class="dialog" style="position:fixed;inset:0;background:url(https://evil.example/x)">over everything</div>

<style>body { display: none }</style>

[link](https://example.com/report)`;

describe.skipIf(!chromiumPath)('summaries', () => {
  let server: StandIn;
  const openPage = pagesPerTest({
    async start() {
      server = await startStandIn();
      server.setRun(sampleRun({ id: 5 }));
      return server;
    },
    // The library parses where nothing runs; Chromium tells of handlers that it meets there all the same.
    expected: /^Executing inline event handler/,
  });
  const open = (options?: BrowserContextOptions): Promise<Page> => openPage(`${server.url}/runs/5`, options);

  function write(markdown: string, leftOut = 0, id = 51): void {
    server.setJob(sampleJob({ id, runId: 5, key: `job ${id}`, summaries: 1 + leftOut }));
    server.summaries.set(id, { steps: [{ number: 2, name: 'Report', markdown }], leftOut });
  }

  test('SEM-24.7: show as Markdown under the name of their job, and say what is left out', async () => {
    write('# Tests\n\n| name | took |\n|---|---|\n| one | 2 ms |\n\n- [x] done\n\n`code` and **bold**', 3);
    const page = await open();
    const shown = page.getByRole('region', { name: 'Summary of Report' });
    await shown.getByRole('heading', { name: 'Tests' }).waitFor();
    expect(await shown.getByRole('cell', { name: '2 ms' }).count()).toBe(1);
    expect(await shown.locator('strong').textContent()).toBe('bold');
    expect(await shown.getByRole('checkbox').isDisabled()).toBe(true);
    await page.getByText('3 more steps have written a summary; the first 1 are shown.').waitFor();
  });

  test('are not there without a summary, and nothing is asked for', async () => {
    server.setJob(sampleJob({ id: 51, runId: 5, key: 'build' }));
    const page = await open();
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Summaries' }).count()).toBe(0);
    expect(server.requests.filter((request) => request.includes('/summary'))).toEqual([]);
  });

  test('run nothing, load nothing and look like nothing of the page', async () => {
    write(HOSTILE);
    const page = await open();
    const shown = page.getByRole('region', { name: 'Summary of Report' });
    await shown.getByRole('link', { name: 'link' }).waitFor();
    const link = shown.getByRole('link', { name: 'link' });
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
    // The picture has become a link to it.
    expect(await shown.getByRole('link', { name: 'beacon' }).getAttribute('href')).toBe(
      'https://evil.example/pixel.png',
    );
    expect(
      await shown.locator('script, img, svg, iframe, form, button, style, input, [id], [class], [style]').count(),
    ).toBe(0);
    expect(await shown.locator('a[href^="javascript"], [onclick], [onerror]').count()).toBe(0);
    await shown.getByText('click me').click();
    expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
  });

  test('come with a way to try again when they cannot be read', async () => {
    server.setJob(sampleJob({ id: 51, runId: 5, key: 'job 51', summaries: 1 }));
    const page = await open();
    await page.getByRole('alert').getByText('not').first().waitFor();
    write('# There');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'There' }).waitFor();
  });

  test('fit a phone: what is wide scrolls in itself', async () => {
    const wide = Array.from({ length: 12 }, (_, at) => `a long heading ${at}`);
    write(
      `|${wide.join('|')}|\n|${wide.map(() => '---').join('|')}|\n|${wide.join('|')}|\n\n\`\`\`\n${'x'.repeat(500)}\n\`\`\``,
    );
    const page = await open({ viewport: { width: 390, height: 800 } });
    await page.getByRole('table').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  test('are shown as they are when they cannot be read as Markdown, and do not hold the page up', async () => {
    write('>'.repeat(20_000));
    write(`${'['.repeat(50_000)}\n`, 0, 52);
    write(`${'*a '.repeat(50_000)}\n`, 0, 53);
    const started = Date.now();
    const page = await open();
    await page.waitForFunction(() => document.querySelectorAll('.markdown:not(:empty)').length === 3);
    expect(Date.now() - started).toBeLessThan(15_000);
  });
});
