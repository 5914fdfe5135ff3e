/**
 * Makes the pictures in docs/images from a real server, runners and fleet: `npm run build && npx tsx test/web/pictures.ts`.
 * Needs git and Chromium.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { packageRoot } from '../../src/common/package.ts';
import { TestServer } from '../support/server.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait.ts';
import { openPage, startBrowser } from './browser.ts';

const UNIT_TESTS = String.raw`
echo "::group::Fixtures"
for name in baskets coupons customers orders; do echo "loaded $name.json"; done
echo "::endgroup::"
printf '\n\033[1;46m RUN \033[0m \033[36mshop\033[0m\n\n'
printf ' \033[32m✓\033[0m basket adds a line \033[2m4 ms\033[0m\n'
printf ' \033[32m✓\033[0m basket sums up in two currencies \033[33m212 ms\033[0m\n'
printf ' \033[32m✓\033[0m order takes the address of the customer \033[2m9 ms\033[0m\n'
printf ' \033[31m✗\033[0m coupon is refused after its last day \033[2m6 ms\033[0m\n'
printf '     \033[31mexpected 409, got 200\033[0m\n     \033[36mtest/coupons.test.ts\033[0m:14\n\n'
echo "::error file=test/coupons.test.ts,line=14::expected 409, got 200"
printf '\n\033[1mTests\033[0m  \033[31m1 failed\033[0m, \033[32m3 passed\033[0m\n'
exit 1
`;

const oneJob = (name: string, script: string, labels = 'self-hosted'): string => `name: ${name}
on: push
jobs:
  ${name.toLowerCase()}:
    runs-on: [${labels}]
    steps: [{ uses: actions/checkout@v4 }, { run: '${script}' }]
`;

const ship = (wait: string): string => `name: Ship
on: push
jobs:
  lint:
    runs-on: self-hosted
    steps: [{ uses: actions/checkout@v4 }, { run: echo clean }]
  build:
    runs-on: [self-hosted, linux]
    steps: [{ uses: actions/checkout@v4 }, { run: echo built }]
  unit:
    name: unit tests
    needs: build
    runs-on: self-hosted
    steps: [{ uses: actions/checkout@v4 }, { name: Unit tests, run: sh test/unit.sh }]
  browser:
    name: browser tests
    needs: build
    runs-on: self-hosted
    steps: [{ run: '${wait}' }]
  bench:
    needs: build
    runs-on: [self-hosted, gpu]
    steps: [{ run: echo fast }]
  deploy:
    needs: unit
    runs-on: [self-hosted, api-prod]
    steps: [{ run: echo deployed }]
`;

const PROMOTE = `name: Promote
on: { push: { branches: [main] } }
jobs:
  build:
    runs-on: self-hosted
    steps: [{ run: echo built }]
  release:
    needs: build
    uses: ./.github/workflows/release.yml
`;

const RELEASE = `name: Release
on: workflow_call
jobs:
  staging:
    runs-on: self-hosted
    environment: { name: staging, url: https://staging.example.com/ }
    steps: [{ run: echo deployed }]
  production:
    needs: staging
    runs-on: self-hosted
    environment: { name: production, url: https://example.com/ }
    steps: [{ run: echo deployed }]
`;

const folder = await mkdtemp(join(tmpdir(), 'switchyard-pictures-'));
const [server, browser] = await Promise.all([TestServer.start(), startBrowser()]);
const fleet = await TestFleet.start(server, 4);
try {
  const unitJob = await makeRuns();
  await take('runs', '/', { colorScheme: 'light' });
  await take('approval', `/runs/${await waitForApproval()}`, { colorScheme: 'light' });
  await take('events', '/events?repository=acme/site', { colorScheme: 'dark' });
  await take('run', `/runs/${unitJob.runId}`, { colorScheme: 'dark' });
  await take('log', `/runs/${unitJob.runId}/jobs/${unitJob.id}`, { colorScheme: 'light' }, async (page) => {
    await page.getByRole('button', { name: 'Fixtures' }).click();
    await page.mouse.move(0, 0);
  });
} finally {
  await browser.close();
  await fleet.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}

/** One run of each state, the last with jobs of each state. @returns the job whose log is shown */
async function makeRuns() {
  const wait = `until [ -e ${join(folder, 'go')} ]; do sleep 0.1; done`;
  await push('demo/hello', 'Say hello', oneJob('Hello', 'echo hello'));
  await push('acme/api', 'Read orders in pages', oneJob('Test', 'echo tested'));
  await push('acme/api', 'Release 1.4.0', oneJob('Release', 'echo released'), { ref: 'refs/tags/v1.4.0' });
  await push('acme/shop', 'Accept coupons', oneJob('Test', 'exit 1'), { ref: 'coupons' });
  await push('acme/api', 'Name the stages', oneJob('Test', 'echo tested').replace('steps', 'stages'), {
    ref: 'stages',
  });
  const slow = await push('acme/api', 'Migrate twice', oneJob('Migrate', wait), { ends: false });
  await waitFor('a running job', async () => (await server.run(slow)).jobs[0]?.steps.at(-1));
  await server.rest('POST', `/switchyard/v1/runs/${slow}/cancel`, {});
  await ended(slow);
  await push('demo/hello', 'Try the new card', oneJob('Train', 'nvidia-smi', 'self-hosted, gpu'), { ends: false });
  const last = await push('acme/shop', 'Add the basket', ship(wait), { ends: false });
  const run = await waitFor('the jobs that end', async () => {
    const detail = await server.run(last);
    return detail.jobs.filter(({ status }) => status === 'completed').length === 4 && detail;
  });
  // The job that is shown running stays so until the pictures are taken; closing the fleet ends it.
  const unit = run.jobs.find(({ key }) => key === 'unit');
  if (!unit) throw new Error('the run has no job "unit"');
  return unit;
}

/** @returns the id of a run that waits for a reviewer, in a repository where another push started nothing */
async function waitForApproval(): Promise<number> {
  const repository = 'acme/site';
  const files = { '.github/workflows/promote.yml': PROMOTE, '.github/workflows/release.yml': RELEASE };
  await server.push(files, { repository, ref: 'new-card', message: 'Try the new card' });
  const reviewers = [{ type: 'User', login: 'admin' }];
  await server.rest('PUT', `/api/v3/repos/${repository}/environments/production`, { reviewers });
  await server.push(files, { repository, message: 'Show the new card' });
  const [run] = await server.runs();
  if (!run) throw new Error('the push started no run');
  await waitFor('a deployment to wait', async () => (await server.run(run.id)).pendingDeployments.length > 0);
  return run.id;
}

/** @returns the id of the run, which has ended unless `ends` is false */
async function push(
  repository: string,
  message: string,
  workflow: string,
  { ref = 'main', ends = true }: { ref?: string; ends?: boolean } = {},
): Promise<number> {
  const name = /^name: (\w+)/.exec(workflow)?.[1]?.toLowerCase();
  const files = { [`.github/workflows/${name}.yml`]: workflow, 'test/unit.sh': UNIT_TESTS };
  await server.push(files, { repository, message, ref });
  const [newest] = await server.runs();
  if (newest?.title !== message) throw new Error(`the push "${message}" started no run`);
  if (ends) await ended(newest.id);
  return newest.id;
}

function ended(run: number): Promise<unknown> {
  return waitFor(`run ${run} to end`, async () => (await server.run(run)).status === 'completed');
}

/** A picture of the page, as high as what it shows. */
async function take(
  name: string,
  path: string,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<void> {
  const { page, close } = await openPage(browser, server.url + path, options);
  await page.locator('.list, .stages, .log-line').first().waitFor();
  await prepare(page);
  const content = await page.locator('.page').boundingBox();
  if (!content) throw new Error(`${path} shows nothing`);
  const clip = { x: 0, y: 0, width: 1280, height: Math.ceil(content.y + content.height) };
  await page.screenshot({ path: join(packageRoot, 'docs', 'images', `${name}.png`), clip, fullPage: true });
  await close();
}
