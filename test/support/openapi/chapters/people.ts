import { type RestClient, repositoryWith } from '../client.ts';

/** Users, collaborators and the audit log; the server must have a limit of requests. */
export async function people(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'people', { 'README.md': '' });
  await api.server.rest('POST', '/switchyard/v1/users', { login: 'ann' });
  await api.get('/users/ann');
  await api.get('/rate_limit');
  const ann = `${repository}/collaborators/ann`;
  await api.put(ann, { permission: 'push' });
  await api.get(`${repository}/collaborators`);
  await api.get(ann);
  await api.get(`${ann}/permission`);
  await api.delete(ann);
  await api.get('/orgs/me/audit-log');
  await api.get('/enterprises/switchyard/audit-log');
}
