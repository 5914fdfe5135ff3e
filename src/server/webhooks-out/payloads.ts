/** What webhooks say of what happened, in GitHub's shapes. https://docs.github.com/webhooks/webhook-events-and-payloads */
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Queries } from '../../store/database.ts';
import { type JobRow, jobsOfRun } from '../../store/jobs.ts';
import { findRepositoryById, type RepositoryRow } from '../../store/repositories.ts';
import { findRunWithWorkflow, type RunWithWorkflow } from '../../store/runs-read.ts';
import { findWorkflow } from '../../store/workflows.ts';
import type { IncomingEvent } from '../engine/accept-event.ts';
import type { JobNews, News } from '../engine/news.ts';
import { checkRunObject, checkSuiteObject } from '../github-rest/check-run-object.ts';
import { deploymentObject, deploymentStatusObject } from '../github-rest/deployment-objects.ts';
import { jobObjects, withoutCalls } from '../github-rest/job-object.ts';
import { headCommit, runObject } from '../github-rest/run-object.ts';
import { repositoryObject, userObject } from '../github-rest/shapes.ts';
import { workflowObject } from '../github-rest/workflow-object.ts';

interface About {
  repository: RepositoryRow;
  run: RunWithWorkflow;
}

/** Before anybody is looked for who wants it. */
export interface Notice {
  event: string;
  repositoryId: number;
  /** One after the other for each of these: `job:12`. */
  orderKey: string;
  payload(): Promise<Record<string, Json> | undefined>;
}

/** Events that come in as such and are told on as they came; the others are told in words of their own, or nobody's business. */
const TOLD_ON = new Set(
  'push create delete pull_request status check_run deployment deployment_status repository_dispatch workflow_dispatch'.split(
    ' ',
  ),
);

/** @returns nothing for what GitHub has no webhook of */
export function noticesOf(db: Queries, publicUrl: string, news: News): Notice[] {
  switch (news.kind) {
    case 'job':
      return jobNotices(db, publicUrl, news);
    case 'run':
      return runNotices(db, publicUrl, news);
    case 'deployment':
      return deploymentNotices(db, publicUrl, news);
    case 'event':
      return isToldOn(news.event) ? [eventNotice(news.event)] : [];
  }
}

/** GitHub has told its own receivers of what it told this server. */
const isToldOn = ({ name, key }: IncomingEvent): boolean => TOLD_ON.has(name) && !key.startsWith('webhook:');

function jobNotices(db: Queries, publicUrl: string, { action, job }: News & { kind: 'job' }): Notice[] {
  const notice = (event: string, say: (about: About) => Promise<Record<string, Json>>): Notice => ({
    event,
    repositoryId: job.repository_id,
    orderKey: `job:${job.id}`,
    async payload() {
      if (job.called_file !== null && !(await isShown(db, job))) return undefined;
      const about = await runWithRepository(db, job.run_id);
      return (
        about && { ...(await say(about)), ...commonParts(publicUrl, about.repository, about.run.triggering_actor) }
      );
    },
  });
  const told = notice('workflow_job', async ({ repository, run }) => {
    const [object] = await jobObjects(db, publicUrl, repository, run, [job]);
    return { action, workflow_job: { ...object } as Record<string, Json> };
  });
  const checkAction = CHECK_ACTIONS[action];
  if (!checkAction) return [told];
  const check = notice('check_run', async ({ repository, run }) => ({
    action: checkAction,
    check_run: {
      ...checkRunObject(publicUrl, repository, run, job),
      check_suite: checkSuiteObject(publicUrl, repository, run),
    } as Record<string, Json>,
  }));
  return [told, check];
}

const isShown = async (db: Queries, { id, run_id }: JobRow): Promise<boolean> =>
  withoutCalls(await jobsOfRun(db, run_id)).some((job) => job.id === id);

/** A check run has no webhook of its beginning. */
const CHECK_ACTIONS: Partial<Record<JobNews, 'created' | 'completed'>> = { queued: 'created', completed: 'completed' };

function runNotices(db: Queries, publicUrl: string, { action, runId, repositoryId }: News & { kind: 'run' }): Notice[] {
  const notice = (event: string, say: (about: About) => Promise<Record<string, Json>>): Notice => ({
    event,
    repositoryId,
    orderKey: `run:${runId}`,
    async payload() {
      const about = await runWithRepository(db, runId);
      return (
        about && { ...(await say(about)), ...commonParts(publicUrl, about.repository, about.run.triggering_actor) }
      );
    },
  });
  const told = notice('workflow_run', async ({ repository, run }) => {
    // As it was then: by the end of the transaction it may have gone on.
    const then = action === 'completed' ? run : { ...run, status: 'queued' as const, shown_status: SHOWN[action] };
    return {
      action,
      workflow_run: { ...runObject(publicUrl, repository, then) } as Record<string, Json>,
      ...(await workflowPart(db, publicUrl, repository, run)),
    };
  });
  if (action !== 'completed') return [told];
  const suite = notice('check_suite', async ({ repository, run }) => ({
    action,
    check_suite: {
      ...checkSuiteObject(publicUrl, repository, run),
      rerequestable: true,
      runs_rerequestable: true,
      latest_check_runs_count: withoutCalls(await jobsOfRun(db, runId)).length,
      check_runs_url: `${publicUrl}/api/v3/repos/${repository.owner}/${repository.name}/check-suites/${runId}/check-runs`,
      head_commit: headCommit(run),
    } as Record<string, Json>,
  }));
  return [told, suite];
}

const SHOWN = { requested: 'queued', in_progress: 'in_progress' } as const;

function deploymentNotices(
  db: Queries,
  publicUrl: string,
  { deployment, status }: News & { kind: 'deployment' },
): Notice[] {
  const { repository_id: repositoryId, creator } = deployment;
  const notice = (event: string, hasStatus: boolean): Notice => ({
    event,
    repositoryId,
    orderKey: `deployment:${deployment.id}`,
    async payload() {
      const repository = await findRepositoryById(db, repositoryId);
      if (!repository) return undefined;
      const told = hasStatus && {
        deployment_status: deploymentStatusObject(publicUrl, repository, deployment, status),
      };
      const run = deployment.run_id === null ? undefined : await runWithRepository(db, deployment.run_id);
      return {
        action: 'created',
        ...told,
        deployment: deploymentObject(publicUrl, repository, deployment),
        workflow_run: run ? ({ ...runObject(publicUrl, repository, run.run) } as Record<string, Json>) : null,
        ...(await workflowPart(db, publicUrl, repository, run?.run)),
        ...commonParts(publicUrl, repository, creator),
      };
    },
  });
  const isNew = deployment.state === '';
  const told = status.state === 'inactive' ? [] : [notice('deployment_status', true)];
  return isNew ? [notice('deployment', false), ...told] : told;
}

async function workflowPart(
  db: Queries,
  publicUrl: string,
  repository: RepositoryRow,
  run: RunWithWorkflow | undefined,
) {
  const workflow = run && (await findWorkflow(db, repository.id, run.workflow_id));
  return { workflow: workflow ? { ...workflowObject(publicUrl, repository, workflow) } : null };
}

/** Its payload is GitHub's already. */
function eventNotice({ name, repository, ref, payload, key }: IncomingEvent): Notice {
  const orderKey = name === 'push' || name === 'create' || name === 'delete' ? `ref:${repository.id}:${ref}` : key;
  return { event: name, repositoryId: repository.id, orderKey, payload: async () => payload };
}

async function runWithRepository(db: Queries, runId: number): Promise<About | undefined> {
  const row = await db.selectFrom('runs').select('repository_id').where('id', '=', runId).executeTakeFirst();
  const repository = row && (await findRepositoryById(db, row.repository_id));
  if (!repository) return undefined;
  const run = await findRunWithWorkflow(db, repository.id, runId);
  return run && { repository, run };
}

const commonParts = (publicUrl: string, repository: RepositoryRow, sender: string): Record<string, Json> => ({
  repository: { ...repositoryObject(repository, publicUrl) } as Record<string, Json>,
  sender: { ...userObject(sender, publicUrl) } as Record<string, Json>,
});
