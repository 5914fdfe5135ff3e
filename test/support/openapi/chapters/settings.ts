import { type RestClient, repositoryWith } from '../client.ts';
import { sealFor } from '../seal.ts';

export async function secretsAndVariables(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'settings', { 'README.md': '' });
  await api.put(`${repository}/environments/dev`, {});
  const { id } = await api.get(repository);
  const sharing = { visibility: 'selected', selected_repository_ids: [id] };
  for (const place of [`${repository}/actions`, `${repository}/environments/dev`, '/orgs/me/actions']) {
    const more = place.startsWith('/orgs') ? sharing : {};
    const { key, key_id } = await api.get(`${place}/secrets/public-key`);
    const secret = { encrypted_value: await sealFor(key, 'hidden'), key_id, ...more };
    await api.put(`${place}/secrets/TOKEN`, secret);
    await api.put(`${place}/secrets/TOKEN`, secret);
    await api.get(`${place}/secrets`);
    await api.get(`${place}/secrets/TOKEN`);
    await api.post(`${place}/variables`, { name: 'STAGE', value: 'dev', ...more });
    await api.get(`${place}/variables`);
    await api.get(`${place}/variables/STAGE`);
    await api.patch(`${place}/variables/STAGE`, { value: 'prod' });
  }
  for (const setting of ['secrets/TOKEN', 'variables/STAGE']) {
    const repositories = `/orgs/me/actions/${setting}/repositories`;
    await api.get(repositories);
    await api.put(repositories, { selected_repository_ids: [] });
    await api.put(`${repositories}/${id}`);
    await api.delete(`${repositories}/${id}`);
  }
  for (const place of [`${repository}/actions`, `${repository}/environments/dev`, '/orgs/me/actions']) {
    await api.delete(`${place}/secrets/TOKEN`);
    await api.delete(`${place}/variables/STAGE`);
  }
}

/** The server must allow selected actions. */
export async function permissions(api: RestClient): Promise<void> {
  const base = `${await repositoryWith(api, 'permissions', { 'README.md': '' })}/actions/permissions`;
  await api.get(`${base}/workflow`);
  await api.put(`${base}/workflow`, { default_workflow_permissions: 'write' });
  const above = ['/orgs/me', '/enterprises/switchyard'].map((place) => `${place}/actions/permissions`);
  const selected = [base, ...above].map((path) => `${path}/selected-actions`);
  for (const path of [base, `${base}/access`, ...above, ...above.map((one) => `${one}/workflow`), ...selected]) {
    await api.put(path, await api.get(path));
  }
}
