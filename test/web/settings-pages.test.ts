import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActList, AppList, NewToken, TokenList, UserList } from '../../src/protocol/dashboard/index.ts';
import { TestServer } from '../support/server.ts';
import { nextJob } from '../support/services.ts';
import { call } from '../support/simulated-runner.ts';
import { chromiumPath } from './browser.ts';
import { pagesPerTest } from './pages.ts';

const V1 = '/switchyard/v1';
const WORKFLOW = "on: push\njobs: { a: { runs-on: self-hosted, timeout-minutes: 60, steps: [{ run: 'true' }] } }";
const LONG = 'a-very-long-name-without-any-place-to-break-it-as-people-like-to-give-to-things';

/** The title of each page. */
const PAGES = {
  '/settings/tokens': 'Tokens',
  '/settings/secrets': 'Secrets and variables',
  '/settings/secrets?of=acme/shop': 'Secrets and variables of acme/shop',
  '/settings/caches': 'Caches',
  '/settings/caches?repository=acme/shop': 'Caches of acme/shop',
  '/settings/people': 'People',
  '/settings/apps': 'Apps',
  '/settings/audit': 'Audit log',
};

/** A page on a busy machine takes its time. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 });

describe.skipIf(!chromiumPath)('the settings, on a real server', () => {
  let server: TestServer;
  const openPage = pagesPerTest();

  beforeAll(async () => {
    server = await TestServer.start();
    await server.push({ 'README.md': 'Shop' }, { repository: 'acme/shop' });
  });
  afterAll(() => server?.close());

  /** As whoever has the token. */
  async function open(path: string, token = server.token, width = 1280): Promise<Page> {
    const page = await openPage(server.url, { viewport: { width, height: 740 } });
    await page.evaluate((text) => sessionStorage.setItem('switchyard.token', text), token);
    await page.goto(server.url + path);
    return page;
  }

  const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const dialog = (page: Page) => page.getByRole('dialog');
  const submit = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true }).click();
  const closed = (page: Page) => dialog(page).waitFor({ state: 'detached' });
  const row = (page: Page, name: string) => page.locator('.setting').filter({ hasText: name });

  async function person(login: string, grants: Record<string, string> = {}): Promise<string> {
    await server.rest('POST', `${V1}/users`, { login });
    for (const [place, access] of Object.entries(grants)) {
      await server.rest('PUT', `${V1}/users/${login}/grants`, { place, access });
    }
    return (await server.rest<NewToken>('POST', `${V1}/tokens`, { user: login, scope: 'admin' })).token;
  }

  test('add a person, grant and revoke access, suspend, resume and remove them', async () => {
    const page = await open('/settings/people');
    const mia = async () =>
      (await server.rest<UserList>('GET', `${V1}/users`)).users.find(({ login }) => login === 'mia');
    await click(page, 'Add a person');
    await dialog(page).getByLabel('Name').fill('mia');
    await page.keyboard.press('Enter');
    await row(page, 'mia').getByText('Sees nothing yet').waitFor();
    await click(page, 'Grant mia access');
    await dialog(page).getByLabel('Where').fill('Acme/Shop');
    await dialog(page).getByLabel('Access').selectOption('admin');
    await submit(page, 'Grant');
    await row(page, 'mia').getByText('acme/shop').waitFor();
    expect((await mia())?.grants).toEqual([{ place: 'acme/shop', access: 'admin' }]);
    await click(page, 'Suspend mia');
    await submit(page, 'Suspend');
    await row(page, 'mia').getByText('suspended').waitFor();
    expect((await mia())?.suspendedAt).not.toBeNull();
    await click(page, 'Resume mia');
    await submit(page, 'Resume');
    await row(page, 'mia').getByText('suspended').waitFor({ state: 'detached' });
    await click(page, 'Revoke admin acme/shop of mia');
    await submit(page, 'Revoke');
    await row(page, 'mia').getByText('Sees nothing yet').waitFor();
    await click(page, 'Remove mia');
    await submit(page, 'Remove');
    await row(page, 'mia').waitFor({ state: 'detached' });
    expect(await mia()).toBeUndefined();
  });

  test('say in the server’s words what it refuses, and leave the form as it was', async () => {
    const page = await open('/settings/people');
    await click(page, 'Remove admin');
    await submit(page, 'Remove');
    await dialog(page).getByText('admin belongs to the installation and stays as it is.').waitFor();
    await page.keyboard.press('Escape');
    await closed(page);
    await click(page, 'Add a person');
    await dialog(page).getByLabel('Name').fill('no spaces, please');
    await submit(page, 'Add');
    await dialog(page).getByText('must be a login').waitFor();
    expect(await dialog(page).getByLabel('Name').inputValue()).toBe('no spaces, please');
  });

  test('make a token that is shown once, and revoke it', async () => {
    await person('tom');
    const page = await open('/settings/tokens');
    await click(page, 'New token');
    await dialog(page).getByLabel('User').fill('tom');
    await dialog(page).getByLabel('Scope').selectOption('read');
    await dialog(page).getByLabel('Only at').fill('acme/shop, acme');
    await dialog(page).getByLabel('Expires').selectOption('7');
    await dialog(page).getByLabel('Note').fill('laptop of tom');
    await submit(page, 'Make the token');
    await dialog(page).getByText('It is shown this once').waitFor();
    const text = await dialog(page).getByLabel('Token').inputValue();
    expect(
      await dialog(page)
        .getByLabel('Token')
        .evaluate((field) => field === document.activeElement),
    ).toBe(true);
    expect(text).toMatch(/^swy_/);
    await submit(page, 'Done');
    await row(page, 'laptop of tom').getByText('acme/shop, acme').waitFor();
    expect(await page.content()).not.toContain(text);
    const { tokens } = await server.rest<TokenList>('GET', `${V1}/tokens?user=tom`);
    const made = tokens.find(({ note }) => note === 'laptop of tom');
    expect(made).toMatchObject({ scope: 'read', places: ['acme/shop', 'acme'] });
    const days = (Date.parse(made?.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
    expect((await call('GET', `${server.url}/api/v3/user`, { token: text })).status).toBe(200);
    await click(page, `Revoke token ${made?.id} of tom`);
    await submit(page, 'Revoke');
    await row(page, 'laptop of tom').waitFor({ state: 'detached' });
    expect((await call('GET', `${server.url}/api/v3/user`, { token: text })).status).toBe(401);
  });

  test('make an App, give it a key, install and uninstall it, and remove it', async () => {
    const page = await open('/settings/apps');
    const scaler = async () =>
      (await server.rest<AppList>('GET', `${V1}/apps`)).apps.find(({ slug }) => slug === 'scaler');
    await click(page, 'New App');
    await dialog(page).getByLabel('Short name').fill('scaler');
    await dialog(page).getByLabel('Permissions').fill('actions');
    await submit(page, 'Make the App');
    await dialog(page).getByText('"actions" is not of the form NAME=LEVEL.').waitFor();
    await dialog(page).getByLabel('Permissions').fill('actions=read\norganization_self_hosted_runners=write');
    await submit(page, 'Make the App');
    await row(page, 'scaler').getByText('organization_self_hosted_runners: write').waitFor();
    await row(page, 'scaler').getByText('nothing can sign in as it').waitFor();
    await click(page, 'Install scaler');
    await dialog(page).getByLabel('Owner').fill('acme');
    await dialog(page).getByLabel('Only for').fill('acme/shop');
    await submit(page, 'Install');
    await row(page, 'scaler').getByText('on acme/shop').waitFor();
    expect((await scaler())?.installations).toMatchObject([{ account: 'acme', repositories: ['acme/shop'] }]);
    await click(page, 'Add a key to scaler');
    await dialog(page).getByLabel('Public key').fill('-----BEGIN RSA PRIVATE KEY-----');
    await submit(page, 'Add the key');
    await dialog(page).getByText('publicKey is no public RSA key').waitFor();
    await page.keyboard.press('Escape');
    await click(page, 'Uninstall scaler from acme');
    await submit(page, 'Uninstall');
    await row(page, 'scaler').getByText('Installed nowhere').waitFor();
    await click(page, 'Remove scaler');
    await submit(page, 'Remove');
    await row(page, 'scaler').waitFor({ state: 'detached' });
    expect(await scaler()).toBeUndefined();
  });

  test('read the audit log in pages, and narrow it to who, what and where', async () => {
    for (let count = 0; count < 60; count++) {
      await server.rest('PUT', `${V1}/repos/acme/shop/secrets/S${count}`, { value: 'hush-hush' });
    }
    for (let count = 0; count < 60; count++) {
      await server.rest('DELETE', `/api/v3/repos/acme/shop/actions/secrets/S${count}`);
    }
    const page = await open('/settings/audit?action=repo.update_secret');
    await page.getByText('name: S59').waitFor();
    expect(await page.locator('.setting').count()).toBe(50);
    await click(page, 'Older acts');
    await page.getByText('name: S0', { exact: false }).first().waitFor();
    const { acts } = await server.rest<ActList>('GET', `${V1}/audit?action=repo.update_secret&limit=1000`);
    await soon(() => page.locator('.setting').count()).toBe(acts.length);
    expect(await page.content()).not.toContain('hush-hush');
    await page.getByLabel('What').fill('server.create_token');
    await page.getByLabel('Who').fill('nobody');
    await page.keyboard.press('Enter');
    await page.getByText('No act is like that').waitFor();
    expect(new URL(page.url()).search).toBe('?actor=nobody&action=server.create_token');
    await click(page, 'Show all acts');
    await page.locator('.setting').first().getByRole('link', { name: 'repo.remove_secret' }).click();
    await soon(() => new URL(page.url()).search).toBe('?action=repo.remove_secret');
    await page.locator('.setting').first().getByText('done').waitFor();
  });

  test('set and remove secrets and variables of an owner, a repository and an environment, and show no value', async () => {
    await server.rest('PUT', '/api/v3/repos/acme/shop/environments/production', {});
    const page = await open('/settings/secrets');
    await page.getByRole('link', { name: 'acme/shop' }).click();
    const set = async (what: string, name: string, value: string) => {
      await click(page, what);
      await dialog(page).getByLabel('Name').fill(name);
      await dialog(page).getByLabel('Value').fill(value);
      await submit(page, 'Set');
      await row(page, name.toUpperCase()).waitFor();
      await closed(page);
    };
    await set('Set a secret', 'deploy_key', 'hush-hush');
    await set('Set a variable', 'Region', 'eu-secret-place');
    await click(page, 'Set REGION anew');
    await dialog(page).getByLabel('Value').fill('line one\nline two ');
    await submit(page, 'Set');
    await closed(page);
    const rest = '/api/v3/repos/acme/shop/actions';
    expect(await server.rest('GET', `${rest}/variables/REGION`)).toMatchObject({ value: 'line one\nline two ' });
    expect(await server.rest('GET', `${rest}/secrets/DEPLOY_KEY`)).toMatchObject({ name: 'DEPLOY_KEY' });
    await page.reload();
    await row(page, 'REGION').waitFor();
    for (const value of ['hush-hush', 'line one', 'eu-secret']) expect(await page.content()).not.toContain(value);
    await click(page, 'Remove REGION');
    await submit(page, 'Remove');
    await page.getByText('No variable.').waitFor();

    await page.getByLabel('Environment').selectOption('production');
    await page.getByText('No secret.').waitFor();
    await set('Set a secret', 'ONLY_HERE', 'x');
    const inEnvironment = '/api/v3/repos/acme/shop/environments/production/secrets';
    expect(await server.rest('GET', inEnvironment)).toMatchObject({ secrets: [{ name: 'ONLY_HERE' }] });
    await page.getByLabel('Owner or repository').fill('acme');
    await page.keyboard.press('Enter');
    await page.getByText('No secret.').waitFor();
    await set('Set a secret', 'FOR_ALL', 'x');
    await set('Set a variable', 'EVERYWHERE', 'x');
    expect(await server.rest('GET', '/api/v3/orgs/acme/actions/secrets')).toMatchObject({
      secrets: [{ name: 'FOR_ALL' }],
    });
    expect(await server.rest('GET', '/api/v3/orgs/acme/actions/variables')).toMatchObject({
      variables: [{ name: 'EVERYWHERE', visibility: 'all' }],
    });
  });

  test('show the caches of a repository with ref, size and last use, in pages, and delete one', async () => {
    await server.pushWorkflow(WORKFLOW, { repository: 'acme/stock' });
    const job = await nextJob(server);
    const page = await open('/settings/caches?repository=acme/stock');
    await page.getByText('acme/stock has no caches').waitFor();
    for (let count = 0; count < 35; count++) await job.save(`npm-${count}`, 'x'.repeat(2_000));
    await page.goto(`${server.url}/settings/caches`);
    await page.getByRole('link', { name: 'acme/stock' }).click();
    await page.getByText('35 with 70KB in all').waitFor();
    expect(await page.locator('.setting').count()).toBe(30);
    expect(await page.locator('.setting').first().textContent()).toMatch(/^npm-\d+main2KBlast used .*Delete$/);
    await click(page, 'More caches');
    await soon(() => page.locator('.setting').count()).toBe(35);
    await click(page, 'Delete npm-7 of refs/heads/main');
    await submit(page, 'Delete');
    await page.getByText('34 with').waitFor();
    expect(await job.restore('npm-7')).toBeUndefined();
  });

  test('show others their own tokens, and say whom the rest is for and what a token may not see', async () => {
    const token = await person('lea', { 'acme/shop': 'read' });
    const page = await open('/settings', token);
    await page.getByText('These are your own; administrators of the server make new ones.').waitFor();
    expect(new URL(page.url()).pathname).toBe('/settings/tokens');
    expect(await page.locator('.setting .setting-name').allTextContents()).toEqual(['leaadmin']);
    expect(await page.getByRole('button', { name: 'New token' }).count()).toBe(0);
    for (const tab of ['People', 'Apps', 'Webhooks', 'Audit log']) {
      await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: tab }).click();
      await page.getByText('lea does not administer this server').waitFor();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(tab);
    }
    await page.goto(`${server.url}/settings/secrets?of=acme`);
    await page.getByRole('heading', { name: 'Not found' }).waitFor();
    await page.goto(`${server.url}/settings/secrets?of=acme/shop`);
    await click(page, 'Set a secret');
    await dialog(page).getByLabel('Name').fill('MINE');
    await dialog(page).getByLabel('Value').fill('x');
    await submit(page, 'Set');
    await dialog(page).getByText('Must have write rights to Repository.').waitFor();
  });

  test('work by keyboard: the focus goes through the rows, into a dialog and back', async () => {
    const page = await open('/settings/people');
    await row(page, 'admin').first().waitFor();
    await page.keyboard.press('j');
    const first = await page.locator('.setting-name .strong').first().textContent();
    expect(await page.locator(':focus').textContent()).toBe(first);
    await page.getByRole('button', { name: 'Add a person' }).focus();
    await page.keyboard.press('Enter');
    await soon(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('login');
    await page.keyboard.press('Escape');
    await soon(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Add a person');
  });

  test('show grey rows while they read, what failed, and try again', async () => {
    const page = await open('/settings/people');
    await row(page, 'admin').first().waitFor();
    let answer: 'late' | 'broken' = 'late';
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(`**${V1}/users`, async (route) => {
      if (answer === 'broken') return route.fulfill({ status: 400, json: { message: 'The store is locked.' } });
      await held;
      return route.fallback();
    });
    await page.reload();
    await page.getByRole('status', { name: 'Loading' }).waitFor();
    const top = async () => (await page.getByRole('heading', { level: 1 }).boundingBox())?.y;
    const before = await top();
    release();
    await row(page, 'admin').first().waitFor();
    expect(await top()).toBe(before);
    answer = 'broken';
    await page.reload();
    await page.getByText('The store is locked.').waitFor();
    await page.unroute(`**${V1}/users`);
    await click(page, 'Try again');
    await row(page, 'admin').first().waitFor();
  });

  test('fit a phone of 360 pixels without scrolling sideways, each under its own title', async () => {
    await server.rest('POST', `${V1}/users`, { login: LONG.slice(0, 39) });
    await server.rest('PUT', `${V1}/users/${LONG.slice(0, 39)}/grants`, { place: `${LONG}/${LONG}`, access: 'read' });
    const long = { user: LONG.slice(0, 39), scope: 'read', note: LONG, places: [`${LONG}/${LONG}`] };
    await server.rest('POST', `${V1}/tokens`, long);
    await server.rest('POST', `${V1}/apps`, { slug: LONG.slice(0, 39), name: LONG, permissions: { actions: 'read' } });
    await server.rest('PUT', `${V1}/repos/acme/shop/secrets/${LONG.replaceAll('-', '_')}`, { value: 'x' });
    await server.pushWorkflow(WORKFLOW, { repository: 'acme/shop', message: LONG });
    await (await nextJob(server)).save(LONG, 'x');
    const page = await open('/', server.token, 360);
    for (const [path, title] of Object.entries(PAGES)) {
      await page.goto(server.url + path);
      await page.locator('.list').first().waitFor();
      await soon(() => page.title()).toBe(`${title} · Switchyard`);
      const over = () =>
        page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(await over(), path).toBeLessThanOrEqual(0);
    }
  });
});
