import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { Job, Step } from '../../src/protocol/dashboard/index.ts';
import { chromiumPath } from './browser.ts';
import { pagesPerTest } from './pages.ts';
import { ago, logLines, sampleJob, sampleRun, sampleStep } from './samples.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

const running = { status: 'in_progress', conclusion: null, completedAt: null } as const;

describe.skipIf(!chromiumPath)('the log of a job', () => {
  let server: StandIn;
  const openPage = pagesPerTest({
    async start() {
      server = await startStandIn();
      server.setRun(sampleRun({ id: 1, ...running }));
      return server;
    },
  });

  /** Job 11 of run 1, with these logs in its steps 1, 2, ... */
  function giveJob(logs: string[][], step: Partial<Step> = {}, job: Partial<Job> = {}): Job {
    const steps = logs.map((lines, index) =>
      sampleStep({ number: index + 1, name: `Step ${index + 1}`, logLines: lines.length, ...step }),
    );
    const given = sampleJob({ id: 11, runId: 1, key: 'build', steps, ...job });
    for (const [index, lines] of logs.entries()) server.appendLog(11, index + 1, lines);
    server.setJob(given);
    return given;
  }

  const open = (hash = ''): Promise<Page> => openPage(`${server.url}/runs/1/jobs/11${hash}`);

  const line = (page: Page, number: number) =>
    page.locator('.log-line').filter({ has: page.getByRole('link', { name: `Line ${number}`, exact: true }) });
  const scrollY = (page: Page) => page.evaluate(() => window.scrollY);
  const listening = () => expect.poll(() => server.streams, { timeout: 10_000 }).toBe(1);

  test('opens a step, folds a group and unfolds it', async () => {
    giveJob([logLines('##[group]Details', 'inside', '##[endgroup]', 'outside')]);
    const page = await open();
    await page.getByRole('button', { name: 'Step 1' }).click();
    await page.getByText('inside').waitFor();
    // The end of a group is a mark, not a line to look at.
    expect(await line(page, 3).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Details' }).click();
    await expect.poll(() => page.getByText('inside').count()).toBe(0);
    expect(await page.getByText('outside').count()).toBe(1);
    await page.getByRole('button', { name: 'Details' }).click();
    await page.getByText('inside').waitFor();
    await page.getByRole('button', { name: 'Step 1' }).click();
    await expect.poll(() => page.getByText('outside').count()).toBe(0);
  });

  test('opens a failed step by itself, and shows marks and colours but no markup of the log', async () => {
    const texts = ['##[error]broken', '\x1b[31mred\x1b[0m', '<img src=x onerror="document.title=1"><b>bold</b>'];
    giveJob([logLines(...texts, '\x1b[32m<b>green</b>\x1b[0m')], { conclusion: 'failure' });
    const page = await open();
    await page.locator('.log-error').getByText('broken').waitFor();
    expect(await page.locator('.ansi-red-fg').textContent()).toBe('red');
    await page.getByText('<img src=x').waitFor();
    expect(await page.locator('.ansi-green-fg').textContent()).toBe('<b>green</b>');
    expect(await page.locator('.log-list img, .log-list b').count()).toBe(0);
  });

  test('opens a skipped step that says why it was skipped, and none that says nothing', async () => {
    const why = 'Skipped because its condition `success()` was false: "Step 0" ended with failure.';
    giveJob([logLines(why), []], { conclusion: 'skipped', startedAt: null });
    const page = await open();
    await page.getByRole('button', { name: 'Step 1' }).click();
    await page.getByText(why).waitFor();
    expect(await page.getByRole('button', { name: 'Step 2' }).isDisabled()).toBe(true);
  });

  test('shows the timestamps on demand', async () => {
    giveJob([logLines('on time')], { conclusion: 'failure' });
    const page = await open();
    await page.getByText('on time').waitFor();
    expect(await page.locator('.log-time').count()).toBe(0);
    await page.getByRole('button', { name: 'Timestamps' }).click();
    expect(await page.locator('.log-time').first().textContent()).toBe('00:00:00.000');
  });

  test('goes from a link to its line, through a closed step, and makes links of line numbers', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `line number ${index + 1}`);
    giveJob([logLines('first'), logLines(...lines)]);
    const page = await open('#step:2:2500');
    await page.getByText('line number 2500', { exact: true }).waitFor();
    await expect.poll(() => line(page, 2500).getAttribute('class')).toContain('is-target');
    const box = await line(page, 2500).boundingBox();
    expect(box?.y).toBeGreaterThan(80);
    expect(box?.y).toBeLessThan(780);
    await page.getByRole('link', { name: 'Line 2505', exact: true }).click();
    expect(new URL(page.url()).hash).toBe('#step:2:2505');
    await expect.poll(() => line(page, 2505).getAttribute('class')).toContain('is-target');
    expect(await page.locator('.log-line.is-target').count()).toBe(1);
  });

  test('finds text anywhere in the log and goes to it', async () => {
    const lines = Array.from({ length: 7000 }, (_, index) => (index === 6543 ? 'the needle' : `hay ${index}`));
    giveJob([logLines('a needle too'), logLines(...lines)]);
    const page = await open();
    await page.getByRole('button', { name: 'Step 2' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('NEEDLE');
    await page.getByText('2 found').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('1 of 2').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('2 of 2').waitFor();
    await expect.poll(() => page.locator('.is-target mark').textContent()).toBe('needle');
    expect(new URL(page.url()).hash).toBe('#step:2:6544');
  });

  test('follows a running step, stops when the user scrolls up, and follows again at the end', async () => {
    const job = giveJob([logLines('start')], running, running);
    const page = await open();
    await page.getByText('start', { exact: true }).waitFor();
    await listening();
    const write = (from: number, count: number) => {
      const texts = Array.from({ length: count }, (_, index) => `output ${from + index}`);
      server.appendLog(11, 1, logLines(...texts));
    };
    write(2, 500);
    await page.getByText('output 501', { exact: true }).waitFor();
    const follow = page.getByRole('button', { name: 'Follow' });
    expect(await follow.getAttribute('aria-pressed')).toBe('true');

    await page.mouse.move(600, 400);
    await page.mouse.wheel(0, -2000);
    await expect.poll(() => follow.getAttribute('aria-pressed')).toBe('false');
    const stay = await scrollY(page);
    write(502, 500);
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(20_000);
    expect(Math.abs((await scrollY(page)) - stay)).toBeLessThan(2100);
    expect(await page.getByText('output 1001', { exact: true }).count()).toBe(0);

    await follow.click();
    await page.getByText('output 1001', { exact: true }).waitFor();
    server.setJob({ ...job, status: 'completed', conclusion: 'success', completedAt: ago(0) });
    await expect.poll(() => follow.count()).toBe(0);
  });

  test('reads what was written while the stream was broken', async () => {
    const job = giveJob([logLines('start')], running, running);
    const page = await open();
    await page.getByText('start', { exact: true }).waitFor();
    await listening();
    server.dropStreams();
    server.appendLog(11, 1, logLines('written in the dark'));
    server.setJob({ ...job, steps: job.steps.map((step) => ({ ...step, logLines: 2 })) });
    await page.getByText('written in the dark').waitFor();
  });

  test('offers the whole log as a file, also where a token is needed', async () => {
    server.token = 'secret';
    giveJob([logLines('all of it')], { conclusion: 'failure' });
    const page = await open();
    await page.getByLabel('Token').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByText('all of it').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the log' }).click();
    expect((await download).suggestedFilename()).toBe('job-11.log');
  });

  test('stays smooth with 100,000 lines, of which it reads and draws only what is in view', async () => {
    const colour = (index: number) =>
      `\x1b[3${index % 8}mline\x1b[0m ${index} ${'of a long build log '.repeat(1 + (index % 12))}`;
    giveJob([logLines(...Array.from({ length: 100_000 }, (_, index) => colour(index)))], { conclusion: 'failure' });
    const page = await open();
    await line(page, 1).waitFor();
    const frames = await page.evaluate(scrollByFrames, { frames: 120, pixels: 300 });
    report('100,000 lines, scrolled 15 a frame', frames);

    expect(await page.locator('.log-row').count()).toBeLessThan(150);
    expect(server.requests.filter((request) => request.includes('/log?')).length).toBeLessThan(20);

    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    await page.getByText('99999 of a long').waitFor();
    expect(await page.locator('.log-row').count()).toBeLessThan(150);
  });

  test('stays responsive while 20,000 lines a second come in', async () => {
    giveJob([logLines('start')], running, running);
    const page = await open();
    await page.getByText('start', { exact: true }).waitFor();
    await listening();
    let written = 1;
    const write = async () => {
      for (let batch = 0; batch < 20; batch++) {
        const texts = Array.from({ length: 1000 }, (_, index) => `output ${written + index + 1}`);
        server.appendLog(11, 1, logLines(...texts));
        written += texts.length;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const [frames] = await Promise.all([page.evaluate(scrollByFrames, { frames: 60, pixels: 0 }), write()]);
    report('20,000 lines a second', frames);
    await page.getByText(`output ${written}`, { exact: true }).waitFor();
    expect(await page.locator('.log-row').count()).toBeLessThan(150);
  });
});

/** Shown, not judged: how long a frame takes depends on what else the machine does. What makes it short is judged. */
function report(what: string, frameMs: number[]): void {
  const times = frameMs.toSorted((a, b) => a - b);
  const at = (part: number) => (times[Math.floor(times.length * part)] ?? 0).toFixed(0);
  process.stdout.write(`${what}: frame median ${at(0.5)} ms, 95 % ${at(0.95)} ms\n`);
}

interface Scrolling {
  frames: number;
  /** Scrolled in every frame. */
  pixels: number;
}

/** Runs in the page: scrolls a little in every frame and gives the time that each took, in milliseconds. */
function scrollByFrames({ frames, pixels }: Scrolling): Promise<number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    let last = performance.now();
    const frame = (now: number) => {
      times.push(now - last);
      last = now;
      if (pixels > 0) window.scrollBy(0, pixels);
      if (times.length < frames) requestAnimationFrame(frame);
      else resolve(times);
    };
    requestAnimationFrame(frame);
  });
}
