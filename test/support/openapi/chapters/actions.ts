import { join } from 'node:path';
import { Readable } from 'node:stream';
import { jobLogName } from '../../../../src/server/runner-service/log-names.ts';
import { FolderBlobs } from '../../../../src/store/blobs-folder.ts';
import { type RestClient, repositoryWith } from '../client.ts';

const WORKFLOW = `
on: [push, workflow_dispatch]
jobs:
  build:
    runs-on: rest
    steps: [{ run: 'true' }]
`;

export async function workflowsAndRuns(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'runs', { '.github/workflows/ci.yml': WORKFLOW });
  const actions = `${repository}/actions`;
  await api.get(`${actions}/workflows`);
  await api.get(`${actions}/workflows/ci.yml`);
  await api.post(`${actions}/workflows/ci.yml/dispatches`, { ref: 'main' });
  await api.post(`${repository}/dispatches`, { event_type: 'x' });
  await api.put(`${actions}/workflows/ci.yml/disable`);
  await api.put(`${actions}/workflows/ci.yml/enable`);
  await api.get(`${actions}/workflows/ci.yml/runs`);
  const [dispatched, pushed] = (await api.get(`${actions}/runs`)).workflow_runs;
  await api.post(`${actions}/runs/${dispatched.id}/force-cancel`);
  await (await api.server.runner('runs-1', ['rest'])).runOne('failed');
  const run = `${actions}/runs/${pushed.id}`;
  await api.post(`${run}/rerun`);
  await api.post(`${run}/cancel`);
  await api.post(`${run}/rerun-failed-jobs`);
  const [job] = (await api.get(`${run}/jobs`)).jobs;
  await (await api.server.runner('runs-2', ['rest'])).runOne();
  await api.post(`${actions}/jobs/${job.id}/rerun`).catch(() => api.post(`${actions}/jobs/${job.id + 1}/rerun`));
  await api.get(run);
  await api.get(`${run}/attempts/1`);
  await api.get(`${actions}/jobs/${job.id}`);
  await writeLog(api, job.id);
  await api.get(`${actions}/jobs/${job.id}/logs`);
  const [earlier] = (await api.get(`${run}/attempts/1/jobs`)).jobs;
  await writeLog(api, earlier.id);
  await api.get(`${run}/attempts/1/logs`);
  await checkRuns(api, repository, job);
  await api.post(`${run}/force-cancel`).catch(() => {});
  const last = (await api.get(`${run}/jobs`)).jobs[0];
  await writeLog(api, last.id);
  await api.get(`${run}/logs`);
  await api.delete(`${run}/logs`);
  await api.delete(run);
}

async function checkRuns(api: RestClient, repository: string, job: { id: number; head_sha: string }): Promise<void> {
  await api.get(`${repository}/check-runs/${job.id}`);
  await api.get(`${repository}/check-runs/${job.id}/annotations`);
  await api.get(`${repository}/commits/${job.head_sha}/check-runs`);
  await api.get(`${repository}/commits/${job.head_sha}/check-suites`);
}

/** What a real runner would have uploaded. */
async function writeLog(api: RestClient, jobId: number): Promise<void> {
  const blobs = new FolderBlobs(join(api.server.folder, 'data', 'blobs'));
  await blobs.write(jobLogName(jobId), Readable.from([Buffer.from('hello\n')]));
}

export async function runners(api: RestClient): Promise<void> {
  await repositoryWith(api, 'runners', { 'README.md': '' });
  for (const scope of ['/repos/me/runners', '/orgs/me', '/enterprises/switchyard']) {
    const base = `${scope}/actions/runners`;
    await api.post(`${base}/registration-token`);
    await api.post(`${base}/remove-token`);
    const { runner } = await api.post(`${base}/generate-jitconfig`, {
      name: `a-${scope.length}`,
      runner_group_id: 1,
      labels: ['x'],
    });
    await api.get(base);
    await api.get(`${base}/${runner.id}`);
    await runnerLabels(api, `${base}/${runner.id}/labels`);
    await api.get(`${base}/downloads`);
    await api.delete(`${base}/${runner.id}`);
    const groups = `${scope}/actions/runner-groups`;
    await api.get(groups);
    if (scope.startsWith('/repos')) continue;
    const group = await api.post(groups, { name: `group-${scope.length}`, visibility: 'all' });
    await api.get(`${groups}/${group.id}`);
    await api.patch(`${groups}/${group.id}`, { name: `renamed-${scope.length}` });
    await groupMembers(api, base, `${groups}/${group.id}`);
    if (scope.startsWith('/orgs')) await api.get(`${groups}/${group.id}/repositories`);
    await api.delete(`${groups}/${group.id}`);
  }
}

async function runnerLabels(api: RestClient, labels: string): Promise<void> {
  await api.get(labels);
  await api.post(labels, { labels: ['gpu', 'big'] });
  await api.delete(`${labels}/gpu`);
  await api.put(labels, { labels: ['gpu'] });
  await api.delete(labels);
}

async function groupMembers(api: RestClient, runnersPath: string, group: string): Promise<void> {
  const request = { name: 'member', runner_group_id: 1, labels: ['x'] };
  const { runner } = await api.post(`${runnersPath}/generate-jitconfig`, request);
  await api.put(`${group}/runners`, { runners: [runner.id] });
  await api.get(`${group}/runners`);
  await api.delete(`${group}/runners/${runner.id}`);
  await api.put(`${group}/runners/${runner.id}`);
  await api.delete(`${runnersPath}/${runner.id}`);
}
