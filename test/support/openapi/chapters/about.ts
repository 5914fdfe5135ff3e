import { type RestClient, repositoryWith } from '../client.ts';

export async function aboutAndRepositories(api: RestClient): Promise<void> {
  await api.get('');
  await api.get('/meta');
  await api.get('/user');
  await api.post('/user/repos', { name: 'own' });
  await api.post('/orgs/me/repos', { name: 'of-organization' });
  await api.get('/repos/me/of-organization');
  await api.get('/user/repos');
  await api.get('/orgs/me');
  await api.get('/orgs/me/repos');
  await api.get('/users/me/repos');
  await api.patch('/repos/me/of-organization', { default_branch: 'main' });
  await api.delete('/repos/me/of-organization');
}

export async function pullRequests(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'pulls', { 'README.md': 'one\n' });
  await feature(api, repository);
  const { number } = await api.post(`${repository}/pulls`, { title: 'A change', head: 'feature', base: 'main' });
  const one = `${repository}/pulls/${number}`;
  await api.get(`${repository}/pulls`);
  await api.get(one);
  await api.get(`${one}/files`);
  await api.patch(one, { title: 'Another' });
  const labels = `${repository}/issues/${number}/labels`;
  await api.post(labels, { labels: ['bug', 'later'] });
  await api.get(labels);
  await api.delete(`${labels}/later`);
  await api.put(`${one}/merge`);
}

/** A branch that begins where `main` is. */
async function feature(api: RestClient, repository: string): Promise<void> {
  const { sha } = (await api.get(`${repository}/git/ref/heads/main`)).object;
  await api.post(`${repository}/git/refs`, { ref: 'refs/heads/feature', sha });
  await api.put(`${repository}/contents/new.txt`, {
    message: 'Add a file',
    content: Buffer.from('new\n').toString('base64'),
    branch: 'feature',
  });
}
