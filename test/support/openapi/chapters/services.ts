import { nextJob, type ServiceClient } from '../../services.ts';
import { type RestClient, repositoryWith } from '../client.ts';

const WORKFLOW = "on: push\njobs: { keep: { runs-on: self-hosted, steps: [{ run: 'true' }] } }";

/** What a job keeps: artifacts and caches; and what its OIDC tokens say. */
export async function artifactsCachesAndOidc(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'kept', { '.github/workflows/ci.yml': WORKFLOW });
  const job = await nextJob(api.server);
  await artifacts(api, repository, job);
  await caches(api, repository, job);
  for (const place of [repository, '/orgs/me']) {
    const subject = `${place}/actions/oidc/customization/sub`;
    await api.put(subject, { use_default: false, include_claim_keys: ['repo'] });
    await api.get(subject);
  }
}

async function artifacts(api: RestClient, repository: string, job: ServiceClient): Promise<void> {
  const id = await job.upload('site', 'hello');
  const base = `${repository}/actions/artifacts`;
  await api.get(base);
  const [run] = (await api.get(`${repository}/actions/runs`)).workflow_runs;
  await api.get(`${repository}/actions/runs/${run.id}/artifacts`);
  await api.get(`${base}/${id}`);
  await api.get(`${base}/${id}/zip`);
  await api.delete(`${base}/${id}`);
}

async function caches(api: RestClient, repository: string, job: ServiceClient): Promise<void> {
  const id = await job.save('npm', 'hello');
  await job.save('pip', 'hello');
  const actions = `${repository}/actions`;
  await api.get(`${actions}/caches`);
  await api.get(`${actions}/cache/usage`);
  await api.get('/orgs/me/actions/cache/usage');
  await api.get('/orgs/me/actions/cache/usage-by-repository');
  await api.get('/enterprises/switchyard/actions/cache/usage');
  await api.delete(`${actions}/caches/${id}`);
  await api.delete(`${actions}/caches?key=pip`);
}
