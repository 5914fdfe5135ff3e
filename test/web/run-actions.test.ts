import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import type { PendingDeployment, RunAttempt } from '../../src/protocol/dashboard/index.ts';
import { chromiumPath } from './browser.ts';
import { pagesPerTest } from './pages.ts';
import { ago, sampleJob, sampleRun } from './samples.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

const waiting = { status: 'waiting', conclusion: null, startedAt: null, completedAt: null } as const;
const running = { status: 'in_progress', conclusion: null, completedAt: null } as const;

const attempt = (number: number, conclusion: RunAttempt['conclusion']): RunAttempt => ({
  attempt: number,
  triggeringActor: number === 1 ? 'admin' : 'bob',
  status: 'completed',
  conclusion,
  createdAt: ago(900),
  completedAt: ago(300),
});

const deployment = (environment: string, fields: Partial<PendingDeployment> = {}): PendingDeployment => ({
  environment,
  jobs: [`deploy to ${environment}`],
  reviewers: ['alice', 'bob'],
  waitUntil: null,
  ...fields,
});

describe.skipIf(!chromiumPath)('what can be done with a run', () => {
  let server: StandIn;
  const openPage = pagesPerTest({
    async start() {
      server = await startStandIn();
      return server;
    },
  });
  const open = (path: string, options?: BrowserContextOptions): Promise<Page> => openPage(server.url + path, options);

  /** As after a write that was given a token, in this tab. */
  async function openWithToken(path: string): Promise<Page> {
    const page = await open(path);
    await page.evaluate(() => sessionStorage.setItem('switchyard.token', 'secret'));
    await page.reload();
    return page;
  }

  const listening = () => expect.poll(() => server.streams, { timeout: 10_000 }).toBe(1);
  const dialog = (page: Page) => page.getByRole('dialog');
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('name'));

  describe('deployments that wait', () => {
    const waits = (...pendingDeployments: PendingDeployment[]): void => {
      server.setRun(sampleRun({ id: 1, ...waiting, pendingDeployments }));
      server.setJob(sampleJob({ id: 11, runId: 1, key: 'deploy', ...waiting }));
    };

    test('say who has to approve, and how long a timer still runs', async () => {
      const waitUntil = new Date(Date.now() + 600_000).toISOString();
      waits(deployment('production'), deployment('docs', { reviewers: [], waitUntil }));
      const page = await open('/runs/1');
      await page.getByText('production waits for approval by alice or bob.').waitFor();
      const timer = page.getByText('docs waits for its timer: ');
      const first = (await timer.textContent()) ?? '';
      expect(first).toMatch(/: \d+m \d+s left\.$/);
      await expect.poll(() => timer.textContent()).not.toBe(first);
    });

    test('can be let pass by an administrator where only a timer runs; nothing is chosen for them then', async () => {
      const waitUntil = new Date(Date.now() + 600_000).toISOString();
      waits(deployment('production'), deployment('docs', { reviewers: [], waitUntil }));
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Review deployments' }).click();
      await dialog(page).getByText('an administrator can let jobs pass before its timer ends').waitFor();
      expect(await dialog(page).getByLabel('production').isChecked()).toBe(true);
      expect(await dialog(page).getByLabel('docs').isChecked()).toBe(false);
    });

    test('are approved by keyboard with a comment, and the panel goes away', async () => {
      waits(deployment('production'));
      server.onWrite = () => {
        server.runs.set(1, sampleRun({ ...server.runs.get(1), id: 1, ...running, pendingDeployments: [] }));
        return undefined;
      };
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Review deployments' }).focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => focused(page)).toBe('comment');
      await page.keyboard.type('Looks good.');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await dialog(page).waitFor({ state: 'detached' });
      expect(server.writes).toEqual([
        {
          path: '/runs/1/reviews',
          body: { environments: ['production'], state: 'approved', comment: 'Looks good.' },
        },
      ]);
      await page.getByText('production waits').waitFor({ state: 'detached' });
    });

    test('are rejected for the chosen environments only', async () => {
      waits(deployment('production'), deployment('staging'), deployment('docs'));
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Review deployments' }).click();
      await dialog(page).getByLabel('staging').uncheck();
      await dialog(page).getByRole('button', { name: 'Reject' }).click();
      await dialog(page).waitFor({ state: 'detached' });
      expect(server.writes[0]?.body).toEqual({ environments: ['production', 'docs'], state: 'rejected' });
    });

    test('say that nothing was chosen, and that Enter in a field chooses no action', async () => {
      waits(deployment('production'), deployment('staging'));
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Review deployments' }).click();
      await dialog(page).getByLabel('production').uncheck();
      await page.keyboard.press('Enter');
      await dialog(page).getByLabel('staging').uncheck();
      await dialog(page).getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('alert').getByText('Choose at least one environment.').waitFor();
      expect(server.writes).toEqual([]);
    });

    test('tell who is no reviewer, and let another token be given', async () => {
      waits(deployment('production'));
      server.onWrite = () => ({ status: 403, message: 'You are not a reviewer of production.', hint: 'Ask alice.' });
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Review deployments' }).click();
      await dialog(page).getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('alert').getByText('You are not a reviewer of production.').waitFor();
      await page.getByRole('alert').getByText('Ask alice.').waitFor();
      server.onWrite = () => undefined;
      await page.getByRole('button', { name: 'Use another token' }).click();
      await dialog(page).getByLabel('Token').fill('another');
      await dialog(page).getByRole('button', { name: 'Approve' }).click();
      await dialog(page).waitFor({ state: 'detached' });
      expect(await page.evaluate(() => sessionStorage.getItem('switchyard.token'))).toBe('another');
    });

    test('appear and go as the live feed tells', async () => {
      server.setRun(sampleRun({ id: 1, ...running }));
      server.setJob(sampleJob({ id: 11, runId: 1, key: 'deploy', ...running }));
      const page = await open('/runs/1');
      await page.getByRole('link', { name: 'deploy' }).waitFor();
      await listening();
      waits(deployment('production'));
      await page.getByText('production waits for approval').waitFor();
      server.setRun(sampleRun({ ...server.runs.get(1), id: 1, ...running, pendingDeployments: [] }));
      await page.getByText('production waits').waitFor({ state: 'detached' });
    });
  });

  describe('without a token that may write', () => {
    beforeEach(() => {
      server.writeToken = 'secret';
      server.setRun(sampleRun({ id: 1, ...running }));
    });

    test('asks for one in place, refuses a wrong one, and keeps a right one', async () => {
      const page = await open('/runs/1');
      await page.getByRole('button', { name: 'Cancel run' }).click();
      await dialog(page).getByText('This needs a token.').waitFor();
      await dialog(page).getByLabel('Token').fill('wrong');
      await page.keyboard.press('Enter');
      await dialog(page).getByText('The server does not accept this token.').waitFor();
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
      await dialog(page).getByLabel('Token').fill('secret');
      await page.keyboard.press('Enter');
      await page.getByText('Cancelling…').waitFor();
      expect(server.writes.map(({ path }) => path)).toEqual(['/runs/1/cancel']);
      await page.getByRole('button', { name: 'Cancel run' }).click();
      await dialog(page).getByRole('button', { name: 'Cancel the run' }).waitFor();
      expect(await dialog(page).getByLabel('Token').count()).toBe(0);
    });

    test('asks again when the one that was kept is no longer known', async () => {
      const page = await open('/runs/1');
      await page.evaluate(() => sessionStorage.setItem('switchyard.token', 'expired'));
      await page.getByRole('button', { name: 'Cancel run' }).click();
      await dialog(page).getByRole('button', { name: 'Cancel the run' }).click();
      await dialog(page).getByText('The server does not accept this token.').waitFor();
      // Reading still works, so the page stays.
      expect(await page.getByRole('heading', { name: 'Change number 1' }).count()).toBe(1);
    });
  });

  test('cancels by force only when asked to (SEM-28)', async () => {
    server.setRun(sampleRun({ id: 1, ...running }));
    const page = await openWithToken('/runs/1');
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await dialog(page).getByLabel('Force').check();
    await dialog(page).getByRole('button', { name: 'Cancel the run' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    expect(server.writes.map(({ path }) => path)).toEqual(['/runs/1/force-cancel']);
  });

  test('does nothing when the dialog is closed with Escape, and gives the focus back', async () => {
    server.setRun(sampleRun({ id: 1, ...running }));
    const page = await openWithToken('/runs/1');
    await page.getByRole('button', { name: 'Cancel run' }).focus();
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel run');
    expect(server.writes).toEqual([]);
  });

  describe('run again', () => {
    beforeEach(() => {
      server.setRun(sampleRun({ id: 1, conclusion: 'failure', attempts: [attempt(1, 'failure')] }));
      server.setJob(sampleJob({ id: 11, runId: 1, key: 'build' }));
      server.setJob(sampleJob({ id: 12, runId: 1, key: 'test', conclusion: 'failure' }));
    });

    test('the failed jobs, which is the first choice; the page goes on with the new attempt (SEM-29.1)', async () => {
      server.onWrite = () => {
        const attempts = [attempt(1, 'failure'), { ...attempt(2, null), status: 'in_progress' as const }];
        server.setRun(
          sampleRun({ ...server.runs.get(1), id: 1, ...running, attempt: 2, triggeringActor: 'bob', attempts }),
        );
        return undefined;
      };
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Re-run jobs' }).click();
      await dialog(page).getByText('1 failed; the jobs that need them run again too.').waitFor();
      await dialog(page).getByRole('button', { name: 'Re-run', exact: true }).click();
      await page.getByRole('button', { name: 'Cancel run' }).waitFor();
      expect(server.writes).toEqual([{ path: '/runs/1/rerun', body: { jobs: 'failed' } }]);
      await expect
        .poll(() => page.getByLabel('Attempt').locator('option:checked').textContent())
        .toBe('Attempt 2, the latest: in progress, by bob');
    });

    test('all jobs with debug logging (SEM-29.5)', async () => {
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Re-run jobs' }).click();
      await dialog(page).getByLabel('All jobs').check();
      await dialog(page).getByLabel('With debug logging').check();
      await dialog(page).getByRole('button', { name: 'Re-run', exact: true }).click();
      await dialog(page).waitFor({ state: 'detached' });
      expect(server.writes[0]?.body).toEqual({ jobs: 'all', debug: true });
    });

    test('one job, from its card and from its page', async () => {
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Re-run build' }).click();
      await dialog(page).getByRole('button', { name: 'Re-run', exact: true }).click();
      await dialog(page).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'test', exact: true }).click();
      await page.getByRole('button', { name: 'Re-run this job' }).click();
      await dialog(page).getByRole('button', { name: 'Re-run', exact: true }).click();
      await page.getByRole('heading', { name: 'Change number 1' }).waitFor();
      expect(server.writes.map(({ body }) => body)).toEqual([{ jobs: 11 }, { jobs: 12 }]);
      expect(new URL(page.url()).pathname).toBe('/runs/1');
    });

    test('is refused with the reason of the server', async () => {
      server.onWrite = () => ({ status: 409, message: 'The run is older than 30 days.' });
      const page = await openWithToken('/runs/1');
      await page.getByRole('button', { name: 'Re-run jobs' }).click();
      await dialog(page).getByRole('button', { name: 'Re-run', exact: true }).click();
      await page.getByRole('alert').getByText('The run is older than 30 days.').waitFor();
    });

    test('is not offered while the run goes on', async () => {
      server.setRun(sampleRun({ ...server.runs.get(1), id: 1, ...running }));
      const page = await open('/runs/1');
      await page.getByRole('button', { name: 'Cancel run' }).waitFor();
      expect(await page.getByRole('button', { name: /Re-run/ }).count()).toBe(0);
    });
  });

  test('shows an older attempt as what it is, with its own jobs and nothing to change (SEM-29.6)', async () => {
    const attempts = [attempt(1, 'failure'), attempt(2, 'success')];
    server.setRun(sampleRun({ id: 1, attempt: 2, attempts }));
    server.setJob(sampleJob({ id: 11, runId: 1, key: 'build' }));
    server.setJob(sampleJob({ id: 22, runId: 1, key: 'test', attempt: 2 }));
    const oldTest = sampleJob({ id: 12, runId: 1, key: 'test', name: 'test of old', conclusion: 'failure' });
    const older = sampleRun({ id: 1, attempt: 1, attempts, conclusion: 'failure', jobs: [oldTest] });
    server.attempts.set('1:1', older);

    const page = await open('/runs/1');
    await page.getByText('from attempt 1').waitFor();
    await page.getByLabel('Attempt').selectOption('1');
    await page.getByText('This is how attempt 1 ended').waitFor();
    expect(new URL(page.url()).search).toBe('?attempt=1');
    expect(await page.getByRole('button', { name: /Re-run|Cancel/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'test of old' }).click();
    await page.getByRole('heading', { name: 'test of old' }).waitFor();
    await page.reload();
    await page.getByText('This is how attempt 1 ended').waitFor();

    // A link from before the re-run has no attempt.
    await page.goto(`${server.url}/runs/1/jobs/12`);
    await page.getByText('Attempt 2 of this run has no such job').waitFor();
    await page.getByRole('link', { name: 'Attempt 1', exact: true }).click();
    await page.getByRole('heading', { name: 'test of old' }).waitFor();
    await page.getByRole('link', { name: 'To attempt 2' }).click();
    await page.getByRole('link', { name: 'test', exact: true }).waitFor();
  });
});
