import type { JobRow } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { RunWithWorkflow } from '../../store/runs-read.ts';
import { statusOf } from '../engine/explain.ts';
import { pullRequests } from './run-object.ts';
import { nodeId, userObject } from './shapes.ts';

/** GitHub's `check-run` of a job, as REST has it: every job is a check run, and its run the suite. */
export function checkRunObject(publicUrl: string, repository: RepositoryRow, run: RunWithWorkflow, job: JobRow) {
  const url = `${apiOf(publicUrl, repository)}/check-runs/${job.id}`;
  const page = `${publicUrl}/runs/${run.id}/jobs/${job.id}`;
  return {
    id: job.id,
    node_id: nodeId('CheckRun', job.id),
    name: job.name,
    head_sha: run.head_sha,
    external_id: job.job_guid,
    url,
    html_url: page,
    details_url: page,
    status: statusOf(job.phase),
    conclusion: job.conclusion,
    started_at: job.started_at ?? job.created_at,
    completed_at: job.completed_at,
    output: {
      title: null,
      summary: null,
      text: null,
      annotations_count: (JSON.parse(job.annotations) as unknown[]).length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.id },
    app: actionsApp(publicUrl),
    pull_requests: pullRequests(run),
  };
}

/** GitHub's `check-suite`: all check runs of one run. */
export function checkSuiteObject(publicUrl: string, repository: RepositoryRow, run: RunWithWorkflow) {
  const { head_branch, head_sha } = run;
  const { before = null, after = head_sha } = JSON.parse(run.payload) as { before?: string | null; after?: string };
  return {
    id: run.id,
    node_id: nodeId('CheckSuite', run.id),
    head_branch,
    head_sha,
    status: run.status,
    conclusion: run.conclusion,
    url: `${apiOf(publicUrl, repository)}/check-suites/${run.id}`,
    before,
    after,
    pull_requests: pullRequests(run),
    app: actionsApp(publicUrl),
    created_at: run.created_at,
    updated_at: run.completed_at ?? run.started_at ?? run.created_at,
  };
}

export const apiOf = (publicUrl: string, { owner, name }: RepositoryRow): string =>
  `${publicUrl}/api/v3/repos/${owner}/${name}`;

/** The App that all check runs come from, with the id and the slug by which clients know GitHub Actions. */
export function actionsApp(publicUrl: string) {
  const slug = 'github-actions';
  const since = '2018-07-30T09:30:17Z';
  return {
    id: 15_368,
    node_id: nodeId('App', 15_368),
    slug,
    owner: userObject('github', publicUrl),
    name: 'GitHub Actions',
    description: 'Automate your workflow from idea to production',
    external_url: `${publicUrl}/`,
    html_url: `${publicUrl}/apps/${slug}`,
    created_at: since,
    updated_at: since,
    permissions: { actions: 'write', checks: 'write', contents: 'write', metadata: 'read' },
    events: ['workflow_dispatch', 'repository_dispatch'],
  };
}
