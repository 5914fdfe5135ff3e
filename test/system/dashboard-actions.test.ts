import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../support/server.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { chromiumPath } from '../web/browser.ts';
import { pagesPerTest } from '../web/pages.ts';

const SHIP = `name: Ship
on: { push: { branches: [main] } }
jobs:
  build:
    runs-on: self-hosted
    steps:
      - { name: Compile, run: test $GITHUB_RUN_ATTEMPT = 2 }
      - { name: Upload, run: echo up }
      - { name: Nightly, if: "always() && github.event_name == 'schedule'", run: echo never }
  release:
    needs: build
    uses: ./.github/workflows/release.yml
`;

const RELEASE = `on: workflow_call
jobs:
  deploy:
    runs-on: self-hosted
    environment: { name: production, url: 'https://shop.example.com/' }
    steps: [{ run: echo deployed }]
`;

describe.skipIf(!chromiumPath)('people act on the page, on a real server with a real fleet', () => {
  let server: TestServer;
  let fleet: TestFleet;
  const openPage = pagesPerTest();

  beforeAll(async () => {
    server = await TestServer.start();
    fleet = await TestFleet.start(server, 2);
  });
  afterAll(async () => {
    await fleet?.close();
    await server?.close();
  });

  const open = (path: string): Promise<Page> => openPage(server.url + path);

  const heading = (page: Page, name: string, state: string) =>
    page.getByRole('heading', { name }).getByRole('img', { name: state, exact: true }).waitFor();
  const newestRun = async () => (await server.runs())[0]?.id;

  it('runs failed jobs again, approves what waits, and keeps the first attempt as it was', async () => {
    await server.push({ 'README.md': 'Shop' }, { repository: 'acme/shop' });
    const reviewers = [{ type: 'User', login: 'admin' }];
    await server.rest('PUT', '/api/v3/repos/acme/shop/environments/production', { reviewers });
    const files = { '.github/workflows/ship.yml': SHIP, '.github/workflows/release.yml': RELEASE };
    await server.push(files, { repository: 'acme/shop', message: 'Ship it' });
    const page = await open(`/runs/${await newestRun()}`);
    await heading(page, 'Ship it', 'Failure');

    await page.locator('.job-card').getByRole('link', { name: 'build', exact: true }).click();
    await page.getByRole('button', { name: 'Upload' }).click();
    const because = 'Skipped because its condition `success()` was false: "Compile" ended with failure.';
    await page.getByText(because).waitFor();
    await page.getByRole('button', { name: 'Why? build' }).click();
    const why = page.locator('.why-panel');
    await why.getByText('The step "Upload" was skipped because its condition success() was false').waitFor();
    await why.getByText('github.event_name is "push"').waitFor();
    await page.getByRole('link', { name: 'Ship it' }).click();

    // The page is read without a token here; what changes something asks for one.
    await page.getByRole('button', { name: 'Re-run jobs' }).click();
    await page.getByLabel('Token').fill(server.token);
    await page.getByRole('button', { name: 'Re-run', exact: true }).click();
    await page.getByText('production waits for approval by admin.').waitFor();
    const called = page.getByRole('list', { name: 'Jobs that release calls' });
    await called.getByRole('link', { name: 'deploy' }).waitFor();

    await page.getByRole('button', { name: 'Review deployments' }).click();
    await page.getByLabel('Comment').fill('Go.');
    await page.getByRole('button', { name: 'Approve' }).click();
    await heading(page, 'Ship it', 'Success');
    expect(await page.getByText('production waits').count()).toBe(0);
    expect(await called.getByRole('link', { name: 'production' }).getAttribute('href')).toBe(
      'https://shop.example.com/',
    );
    await page.getByRole('button', { name: 'Why? release / deploy' }).click();
    await page.getByText('Approved for production by admin: Go.').waitFor();

    await page.getByLabel('Attempt').selectOption('1');
    await page.getByText('This is how attempt 1 ended').waitFor();
    await heading(page, 'Ship it', 'Failure');
    await page.getByText('Failed in Compile').waitFor();
  });

  it('cancels a run', async () => {
    const slow = 'on: push\njobs: { wait: { runs-on: self-hosted, steps: [{ run: sleep 60 }] } }\n';
    await server.pushWorkflow(slow, { repository: 'acme/slow', message: 'Wait long' });
    const page = await open(`/runs/${await newestRun()}`);
    await page.getByRole('img', { name: 'In progress', exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByLabel('Token').fill(server.token);
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await heading(page, 'Wait long', 'Cancelled');
  });

  it('says at once why a push started nothing', async () => {
    const page = await open('/events?repository=acme/quiet');
    await page.getByText('No event of acme/quiet has come in').waitFor();
    const workflow = 'on: { push: { branches: [main] } }\njobs: { a: { runs-on: x, steps: [{ run: ls }] } }\n';
    await server.pushWorkflow(workflow, { repository: 'acme/quiet', ref: 'topic' });
    const push = page.locator('.event').filter({ has: page.getByRole('heading', { name: 'push', exact: true }) });
    await push.getByText('.github/workflows/ci.yml').waitFor();
    await push.getByText('branches', { exact: true }).waitFor();
    await push.getByText('topic is not in branches: main.').waitFor();
  });
});
