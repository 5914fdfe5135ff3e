import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { pagesPerTest } from './pages.ts';
import { ago, logLines, sampleJob, sampleRun, sampleRunner, sampleStep } from './samples.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

const waiting = { status: 'queued', conclusion: null, startedAt: null, completedAt: null } as const;
const running = { status: 'in_progress', conclusion: null, completedAt: null } as const;
const green = { status: 'completed', conclusion: 'success' } as const;

describe.skipIf(!chromiumPath)('the dashboard', () => {
  let server: StandIn;
  const openPage = pagesPerTest({
    async start() {
      server = await startStandIn();
      return server;
    },
  });
  const open = (path: string): Promise<Page> => openPage(server.url + path);

  /** The page has read everything and listens. */
  const listening = () => expect.poll(() => server.streams, { timeout: 10_000 }).toBe(1);
  const gone = () => expect.poll(() => server.streams, { timeout: 10_000 }).toBe(0);
  const requestsFor = (path: string) => server.requests.filter((request) => request.includes(path)).length;

  test('shows a pushed run on top of the list and turns it green, without a reload', async () => {
    server.setRun(sampleRun({ id: 1 }));
    const page = await open('/');
    await page.getByRole('link', { name: 'Change number 1' }).waitFor();
    await listening();
    const documents = requestsFor('/runs?');

    server.setRun(sampleRun({ id: 2, title: 'Pushed just now', ...waiting, createdAt: ago(0) }));
    const first = page.locator('.list > li').first();
    await first.getByRole('img', { name: 'Queued' }).waitFor();
    expect(await first.textContent()).toContain('Pushed just now');
    server.setRun(sampleRun({ id: 2, title: 'Pushed just now', ...running, startedAt: ago(0) }));
    await first.getByRole('img', { name: 'In progress' }).waitFor();
    server.setRun(sampleRun({ id: 2, title: 'Pushed just now', ...green, startedAt: ago(2), completedAt: ago(0) }));
    await first.getByRole('img', { name: 'Success' }).waitFor();
    expect(requestsFor('/runs?')).toBeLessThanOrEqual(documents + 1);
  });

  test('watches a run go green job by job, with the reasons of those that wait', async () => {
    server.setRun(sampleRun({ id: 5, title: 'Three jobs', ...waiting }));
    const build = sampleJob({
      id: 51,
      runId: 5,
      key: 'build',
      ...waiting,
      runner: null,
      reason: 'All runners are busy.',
    });
    const deploy = sampleJob({
      id: 52,
      runId: 5,
      key: 'deploy',
      ...waiting,
      needs: ['build'],
      reason: 'Waits for build.',
    });
    server.setJob(build);
    const page = await open('/runs/5');
    await page.getByText('All runners are busy.').waitFor();
    expect(await page.title()).toBe('○ Three jobs · Switchyard');
    await listening();

    server.setJob(deploy);
    await page.getByText('Waits for build.').waitFor();
    server.setRun(sampleRun({ ...server.runs.get(5), id: 5, ...running, startedAt: ago(0) }));
    server.setJob({ ...build, ...running, startedAt: ago(0), reason: null, runner: { id: 9, name: 'bare-metal' } });
    await page.getByText('bare-metal').waitFor();
    expect(await page.getByText('All runners are busy.').count()).toBe(0);
    server.setJob({ ...build, ...green, completedAt: ago(0), reason: null });
    server.setJob({ ...deploy, ...green, completedAt: ago(0), reason: null });
    server.setRun(sampleRun({ ...server.runs.get(5), id: 5, ...green, completedAt: ago(0) }));
    await expect.poll(() => page.title()).toBe('✓ Three jobs · Switchyard');
    expect(await page.getByRole('img', { name: 'Success' }).count()).toBe(3);
    expect(await page.locator('#favicon').getAttribute('href')).toContain(encodeURIComponent('#1a7f37'));
  });

  test('reads everything anew after the stream broke, and says so while it is broken', async () => {
    server.setRun(sampleRun({ id: 1, title: 'Unlucky', ...running }));
    const page = await open('/runs/1');
    await page.getByRole('img', { name: 'In progress' }).waitFor();
    await listening();
    server.refuseStreams = true;
    server.dropStreams();
    await page.getByText('Offline, reconnecting…').waitFor();
    // Nobody is told of this change.
    server.runs.set(1, sampleRun({ id: 1, title: 'Unlucky', ...green }));
    server.refuseStreams = false;
    await page.getByRole('img', { name: 'Success' }).waitFor();
    expect(await page.getByText('Offline, reconnecting…').count()).toBe(0);
  });

  test('keeps one stream per page, also after going from page to page', async () => {
    server.setRun(sampleRun({ id: 1 }));
    server.setJob(sampleJob({ id: 11, runId: 1, key: 'build' }));
    const page = await open('/');
    await page.getByRole('link', { name: 'Change number 1' }).click();
    await page.getByRole('link', { name: 'build', exact: true }).click();
    await page.getByRole('heading', { name: 'build' }).waitFor();
    await page.getByRole('link', { name: 'Runners' }).click();
    await page.getByRole('heading', { name: 'Runners' }).waitFor();
    await listening();
    await page.goto('about:blank');
    await gone();
  });

  test('filters by repository and status in the address, and reads older runs on demand', async () => {
    for (let id = 1; id <= 70; id++) {
      server.setRun(
        sampleRun({
          id,
          repository: id % 2 === 0 ? 'me/app' : 'demo/hello',
          conclusion: id === 4 ? 'failure' : 'success',
        }),
      );
    }
    const page = await open('/?repository=me%2Fapp');
    await expect.poll(() => page.locator('.list > li').count()).toBe(30);
    await page.getByRole('button', { name: 'Older runs' }).click();
    await expect.poll(() => page.locator('.list > li').count()).toBe(35);
    expect(await page.getByRole('button', { name: 'Older runs' }).count()).toBe(0);
    await page.getByLabel('Status').selectOption('failure');
    await expect.poll(() => page.locator('.list > li').count()).toBe(1);
    expect(new URL(page.url()).search).toBe('?repository=me%2Fapp&status=failure');
    await page.goBack();
    await expect.poll(() => page.locator('.list > li').count()).toBeGreaterThan(1);
    await page.getByLabel('Repository').fill('nobody/nothing');
    await page.keyboard.press('Enter');
    await page.getByText('No run matches').waitFor();
  });

  test('shows where a workflow file is wrong', async () => {
    const errors = [{ file: '.github/workflows/ci.yml', line: 12, column: 7, message: 'Unexpected value "run-on"' }];
    server.setRun(sampleRun({ id: 1, conclusion: 'startup_failure', errors }));
    const page = await open('/runs/1');
    await page.getByText('.github/workflows/ci.yml:12:7').waitFor();
    await page.getByText('Unexpected value "run-on"').waitFor();
  });

  test('shows what a workflow file says and nothing acts on, the first five at first', async () => {
    const warnings = Array.from({ length: 7 }, (_, n) => ({
      ...{ file: '.github/workflows/ci.yml', line: n + 1, column: 3 },
      message: `\`environment\` has no effect yet, ${n}`,
    }));
    server.setRun(sampleRun({ id: 1, warnings }));
    const page = await open('/runs/1');
    const list = page.getByRole('region', { name: 'Warnings about the workflow file' });
    await list.getByText('.github/workflows/ci.yml:5:3').waitFor();
    expect(await list.getByText('has no effect yet').count()).toBe(5);
    await list.getByRole('button', { name: 'Show all 7' }).click();
    await expect.poll(() => list.getByText('has no effect yet').count()).toBe(7);
  });

  test('answers "Why?" for a job with sentences and what was recorded', async () => {
    server.setRun(sampleRun({ id: 1, ...waiting }));
    server.setJob(sampleJob({ id: 11, runId: 1, key: 'gpu', ...waiting, runner: null }));
    server.explanations.set('job:11', {
      subject: { kind: 'job', id: 11, name: 'gpu' },
      status: 'queued',
      conclusion: null,
      sentences: ['No runner has the label gpu.'],
      history: [{ at: ago(9), text: 'Queued.' }],
    });
    const page = await open('/runs/1');
    await page.getByRole('button', { name: 'Why? gpu' }).click();
    await page.getByText('No runner has the label gpu.').waitFor();
    await page.getByText('Queued.', { exact: true }).waitFor();
  });

  test('answers "Why?" with what the fleet knows: the first broken link, the pools, and its part of the way', async () => {
    server.setRun(sampleRun({ id: 1, ...waiting }));
    server.setJob(sampleJob({ id: 11, runId: 1, key: 'gpu', ...waiting, runner: null }));
    const text = 'The image of the runners is missing (since 2026-01-01T00:00:00Z): no image runner:2.';
    server.explanations.set('job:11', {
      subject: { kind: 'job', id: 11, name: 'gpu' },
      status: 'queued',
      conclusion: null,
      sentences: ['It waits for a runner with the labels gpu.', 'No runner is registered.'],
      history: [{ at: ago(9), text: 'Queued.' }],
      asks: { repository: 'demo/app', labels: ['gpu'], group: null, runner: null, isQueued: true },
    });
    server.jobsAtFleet.set(11, {
      fleet: {
        known: { status: 'queued', by: 'webhook', at: ago(8), runner: null },
        cause: { code: 'image-missing', text },
        pools: [{ kind: 'RunnerDeployment', namespace: 'teams', name: 'gpu', code: 'image-missing', text }],
        history: [],
      },
      firstBrokenLink: { at: 'fleet', text },
      history: [
        { at: ago(9), text: 'Queued.' },
        { at: ago(8), text: 'The fleet was told of job 11 by a webhook.' },
      ],
    });
    const page = await open('/runs/1');
    await page.getByRole('button', { name: 'Why? gpu' }).click();
    await page.getByText(`First broken link: ${text}`).waitFor();
    expect(await page.locator('.history li').count()).toBe(2);
    await page.getByText('The fleet was told of job 11 by a webhook.').waitFor();
    const pools = page.getByRole('list', { name: 'Pools that could take it' });
    expect(await pools.textContent()).toBe(`Pool teams/gpu: ${text}`);
    expect(await pools.getByRole('link').getAttribute('href')).toBe('/pools/teams/gpu');
    server.jobsAtFleet.set(11, {
      fleet: { problem: 'The fleet cannot be asked: it sleeps.' },
      firstBrokenLink: { at: 'fleet', text: 'The fleet cannot be asked: it sleeps.' },
      history: [],
    });
    await page.getByText('First broken link: The fleet cannot be asked: it sleeps.').waitFor({ timeout: 10_000 });
  });

  test('shows called jobs inside the job that calls them, each name once (SEM-11.10)', async () => {
    server.setRun(sampleRun({ id: 1 }));
    const calls = 'demo/flows/.github/workflows/release.yml@v3';
    server.setJob(sampleJob({ id: 11, runId: 1, key: 'release', runner: null, labels: [], calls }));
    server.setJob(sampleJob({ id: 12, runId: 1, key: 'build', name: 'release / build', parentId: 11 }));
    server.setJob(sampleJob({ id: 13, runId: 1, key: 'publish', name: 'release / publish', parentId: 11, calls }));
    server.setJob(sampleJob({ id: 14, runId: 1, key: 'npm', name: 'release / publish / npm', parentId: 13 }));
    const page = await open('/runs/1');
    await page.getByRole('heading', { name: 'Jobs 2' }).waitFor();
    const called = page.getByRole('list', { name: 'Jobs that release calls' });
    expect(await called.locator('.job-name').allTextContents()).toEqual(['build', 'publish', 'npm']);
    expect(await page.locator('.calls code').first().textContent()).toBe(calls);
    await called.getByRole('link', { name: 'npm' }).click();
    await page.getByRole('heading', { name: 'release / publish / npm' }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'release', exact: true }).click();
    await page.getByRole('heading', { name: 'release' }).waitFor();
    await page.getByRole('link', { name: 'build', exact: true }).waitFor();
  });

  test('shows a large matrix as one, with the jobs that need a look, and all on demand', async () => {
    server.setRun(sampleRun({ id: 1, ...running }));
    for (let id = 11; id <= 40; id++) {
      const state = id === 15 ? ({ conclusion: 'failure' } as const) : id === 20 ? running : {};
      server.setJob(sampleJob({ id, runId: 1, key: 'test', name: `test (${id})`, ...state }));
    }
    const page = await open('/runs/1');
    await page.getByText('1 failure, 1 in progress, 28 success').waitFor();
    const shown = () => page.locator('.matrix-job').allTextContents();
    expect(await shown()).toEqual(['test (15)', 'test (20)']);
    await page.getByRole('button', { name: 'Show all 30' }).click();
    expect(await shown()).toHaveLength(30);
    await page.getByRole('link', { name: 'test (33)' }).click();
    await page.getByRole('heading', { name: 'test (33)' }).waitFor();
  });

  test('leads to where a job has deployed, and to no address that would run something', async () => {
    server.setRun(sampleRun({ id: 1 }));
    const environment = { name: 'production', url: 'https://shop.example.com/' };
    server.setJob(sampleJob({ id: 11, runId: 1, key: 'deploy', environment }));
    const evil = { name: 'evil', url: 'javascript:document.title=1' };
    server.setJob(sampleJob({ id: 12, runId: 1, key: 'other', environment: evil }));
    const page = await open('/runs/1');
    const link = page.getByRole('link', { name: 'production' });
    expect(await link.getAttribute('href')).toBe('https://shop.example.com/');
    await page.getByText('evil', { exact: true }).waitFor();
    expect(await page.getByRole('link', { name: 'evil' }).count()).toBe(0);
  });

  test('leads from a run that waits to the run that holds its concurrency group', async () => {
    const reason = 'Waits for the concurrency group "deploy", which run 1 (The first) holds.';
    server.setRun(sampleRun({ id: 1, title: 'The first' }));
    server.setRun(sampleRun({ id: 2, title: 'The second', ...waiting, status: 'pending', reason }));
    const page = await open('/');
    await page.getByText('Waits for the concurrency group').waitFor();
    await page.getByRole('link', { name: 'The second' }).click();
    await page.getByRole('heading', { name: 'The second' }).waitFor();
    await page.getByRole('link', { name: 'run 1', exact: true }).click();
    await page.getByRole('heading', { name: 'The first' }).waitFor();
  });

  test('leads from an annotation to its step', async () => {
    server.setRun(sampleRun({ id: 1, conclusion: 'failure' }));
    const annotation = {
      level: 'failure',
      message: 'expected 3',
      title: null,
      path: 'a.ts',
      line: 4,
      stepNumber: 2,
    } as const;
    const steps = [1, 2].map((number) => sampleStep({ number, name: `Step ${number}`, logLines: 1 }));
    server.setJob(sampleJob({ id: 11, runId: 1, key: 'test', steps, annotations: [annotation] }));
    server.appendLog(11, 2, logLines('the log of step 2'));
    const page = await open('/runs/1');
    await page.locator('.annotation').getByRole('link', { name: 'test' }).click();
    await page.getByText('the log of step 2').waitFor();
  });

  test('shows runners come, take a job and go', async () => {
    const page = await open('/runners');
    await page.getByText('No runner is registered').waitFor();
    await listening();
    const runner = sampleRunner({ id: 1, name: 'pool-1' });
    // The first one comes while the page may still be reading.
    server.setRunner(runner);
    await page.getByText('idle', { exact: true }).waitFor();
    server.setRunner({ ...runner, state: 'busy', job: { id: 11, runId: 1, name: 'build', repository: 'demo/hello' } });
    await page.getByText('busy', { exact: true }).waitFor();
    expect(await page.getByRole('link', { name: 'build' }).getAttribute('href')).toBe('/runs/1/jobs/11');
    server.removeRunner(1);
    await page.getByText('No runner is registered').waitFor();
  });

  test('shows runners by group, and whom walls keep them for (SEM-13.4)', async () => {
    const wall = { labels: ['api-prod'], environments: ['production'], refs: [], workflows: [] };
    server.setRunner(sampleRunner({ id: 1, name: 'box', group: 'Default' }));
    server.setRunner(sampleRunner({ id: 2, name: 'prod', group: 'Production', wall }));
    const groupWall = { ...wall, labels: [], refs: ['main'] };
    server.setRunner(sampleRunner({ id: 3, name: 'gate', group: 'Releases', groupWall }));
    const page = await open('/runners');
    await page.getByRole('heading', { name: 'Production 1' }).waitFor();
    const walls = page.locator('.wall');
    expect(await walls.allTextContents()).toEqual([
      ' Behind a wall, open for label api-prodenvironment production',
      ' This group stands behind a wall, open for environment productionref main',
    ]);
  });

  test('tells on an empty server how to push a repository', async () => {
    const page = await open('/');
    const host = new URL(server.url).host;
    await page.getByText(`git push http://x:TOKEN@${host}/me/app.git main`).waitFor();
  });

  test('says what failed and tries again on demand', async () => {
    server.failWith = 400;
    const page = await open('/');
    await page.getByText('The store is locked.').waitFor();
    server.failWith = undefined;
    server.setRun(sampleRun({ id: 1 }));
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'Change number 1' }).waitFor();
  });

  test('asks for a token on 401, refuses a wrong one, and keeps a right one for the tab', async () => {
    server.token = 'secret';
    server.setRun(sampleRun({ id: 1 }));
    const page = await open('/runs/1');
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('The server does not accept this token.').waitFor();
    await page.getByLabel('Token').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Change number 1' }).waitFor();
    await listening();
    await page.reload();
    await page.getByRole('heading', { name: 'Change number 1' }).waitFor();
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    expect(server.requests.join()).not.toContain('secret');
  });

  test('says who is signed in, and forgets the token of who signs out', async () => {
    server.token = 'secret';
    server.setRun(sampleRun({ id: 1 }));
    const page = await open('/runs/1');
    await page.getByLabel('Token').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByText('alice', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'This server asks for a token' }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test('moves through the runs with j and k and opens one with Enter', async () => {
    for (let id = 1; id <= 3; id++) server.setRun(sampleRun({ id }));
    const page = await open('/');
    await page.getByRole('link', { name: 'Change number 3' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Change number 2' }).waitFor();
  });
});
