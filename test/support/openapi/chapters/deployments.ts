import { type RestClient, repositoryWith } from '../client.ts';

const WORKFLOW = `
on: push
jobs:
  deploy:
    runs-on: rest
    environment: prod
    steps: [{ run: 'true' }]
`;

export async function environments(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'environments', { 'README.md': '' });
  const prod = `${repository}/environments/prod`;
  const { id } = await api.get('/user');
  await api.put(prod, {
    wait_timer: 0,
    reviewers: [{ type: 'User', id }],
    deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
  });
  await api.get(`${repository}/environments`);
  await api.get(prod);
  const policies = `${prod}/deployment-branch-policies`;
  const policy = await api.post(policies, { name: 'ma*' });
  await api.get(policies);
  await api.get(`${policies}/${policy.id}`);
  await api.put(`${policies}/${policy.id}`, { name: 'main' });
  await approve(api, repository);
  await api.delete(`${policies}/${policy.id}`);
  await api.delete(prod);
}

async function approve(api: RestClient, repository: string): Promise<void> {
  await api.server.push({ '.github/workflows/ci.yml': WORKFLOW }, { repository: 'me/environments' });
  const [run] = (await api.get(`${repository}/actions/runs`)).workflow_runs;
  const pending = `${repository}/actions/runs/${run.id}/pending_deployments`;
  const [{ environment }] = await api.get(pending);
  await api.post(pending, { environment_ids: [environment.id], state: 'approved', comment: 'Go.' });
  await api.get(`${repository}/actions/runs/${run.id}/approvals`);
  await api.post(`${repository}/actions/runs/${run.id}/force-cancel`);
}

export async function deployments(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'deployments', { 'README.md': '' });
  const { id } = await api.post(`${repository}/deployments`, { ref: 'main', required_contexts: [] });
  const one = `${repository}/deployments/${id}`;
  const status = await api.post(`${one}/statuses`, { state: 'failure', description: 'No.' });
  await api.get(`${repository}/deployments`);
  await api.get(one);
  await api.get(`${one}/statuses`);
  await api.get(`${one}/statuses/${status.id}`);
  await api.delete(one);
}
