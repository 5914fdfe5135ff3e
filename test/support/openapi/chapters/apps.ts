import type { App } from '../../../../src/protocol/dashboard/index.ts';
import { appJwt, PUBLIC_KEY } from '../../callers.ts';
import { type RestClient, repositoryWith } from '../client.ts';

const ADMIN = '/switchyard/v1/apps';

/** What an App asks with its JWT, and with the token of an installation. */
export async function apps(api: RestClient): Promise<void> {
  await repositoryWith(api, 'of-app', { 'README.md': '' });
  const app = await installed(api, 'scaler', { metadata: 'read' });
  const asApp = api.as(await appJwt(app.clientId, Date.now()));
  await asApp.get('/app');
  const [{ id }] = await asApp.get('/app/installations');
  await asApp.get(`/app/installations/${id}`);
  for (const place of ['/repos/me/of-app', '/orgs/me', '/users/me']) await asApp.get(`${place}/installation`);
  const asInstallation = await installation(api, app);
  await asInstallation.get('/installation/repositories');
  await asInstallation.delete('/installation/token');
}

/** What an App reports of a commit. */
export async function postedChecks(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'checked', { 'README.md': '' });
  const asInstallation = await installation(api, await installed(api, 'scanner', { checks: 'write' }));
  const { sha } = (await api.get(`${repository}/git/ref/heads/main`)).object;
  const annotation = { path: 'README.md', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'Short.' };
  const output = { title: 'Scan', summary: 'All of it', annotations: [annotation] };
  const check = await asInstallation.post(`${repository}/check-runs`, { name: 'scan', head_sha: sha, output });
  const one = `${repository}/check-runs/${check.id}`;
  await asInstallation.patch(one, { conclusion: 'neutral' });
  await api.get(one);
  await api.get(`${one}/annotations`);
  await asInstallation.post(`${one}/rerequest`);
  const suite = `${repository}/check-suites/${check.check_suite.id}`;
  await api.get(suite);
  await api.get(`${suite}/check-runs`);
  await asInstallation.post(`${suite}/rerequest`);
  await api.get(`${repository}/commits/main/check-runs`);
  await api.get(`${repository}/commits/main/check-suites`);
}

/** On `me`. */
async function installed({ server }: RestClient, slug: string, permissions: object): Promise<App> {
  await server.rest('POST', ADMIN, { slug, permissions });
  await server.rest('POST', `${ADMIN}/${slug}/keys`, { publicKey: PUBLIC_KEY });
  return server.rest('PUT', `${ADMIN}/${slug}/installations/me`, {});
}

/** With the token of an App's first installation. */
async function installation(api: RestClient, app: App): Promise<RestClient> {
  const asApp = api.as(await appJwt(app.clientId, Date.now()));
  return api.as((await asApp.post(`/app/installations/${app.installations[0]?.id}/access_tokens`)).token);
}
