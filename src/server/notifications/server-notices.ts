import type { Notice, Notifier } from '../../common/notifications/index.ts';
import type { Queries } from '../../store/database.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import { earlierAttempts } from '../../store/run-attempts.ts';
import { findRunWithWorkflow, type RunWithWorkflow } from '../../store/runs-read.ts';
import type { Announce, News } from '../engine/news.ts';

/** Conclusions that people are told of as a failure, and after which a success is a recovery. */
const FAILED = ['failure', 'timed_out', 'startup_failure'];

const DEPLOYMENT_WORDS: Record<string, string> = {
  waiting: 'waits to be deployed to',
  in_progress: 'is being deployed to',
  success: 'is deployed to',
  failure: 'could not be deployed to',
  error: 'could not be deployed to',
};

const GOES_ON = ['waiting', 'in_progress'];

/**
 * What the server knows that people may want to be told: deployments, failures and recoveries of workflows. Read in the
 * transaction in which it happened, told after the commit.
 */
export function announceTo(notifier: Notifier, publicUrl: () => string): Announce {
  return async (unit, news) => {
    for (const one of news) {
      const notice = await noticeOf(unit.db, publicUrl(), one);
      if (notice) unit.afterCommit(() => notifier.tell(notice));
    }
  };
}

async function noticeOf(db: Queries, publicUrl: string, news: News): Promise<Notice | undefined> {
  if (news.kind === 'deployment') return deploymentNotice(db, publicUrl, news);
  if (news.kind === 'run' && news.action === 'completed') return runNotice(db, publicUrl, news);
  return undefined;
}

async function deploymentNotice(
  db: Queries,
  publicUrl: string,
  { deployment, status }: News & { kind: 'deployment' },
): Promise<Notice | undefined> {
  const words = DEPLOYMENT_WORDS[status.state];
  const repository = await findRepositoryById(db, deployment.repository_id);
  if (words === undefined || !repository) return undefined;
  const name = `${repository.owner}/${repository.name}`;
  const run = deployment.run_id === null ? undefined : await findRunWithWorkflow(db, repository.id, deployment.run_id);
  const url = run ? `${publicUrl}/runs/${run.id}` : status.log_url;
  return {
    kind: 'deployments',
    subject: `deployment:${deployment.id}`,
    state: status.state,
    title: `${name} ${words} ${deployment.environment}`,
    text: [`${deployment.ref} (${deployment.sha.slice(0, 7)}) by ${deployment.creator}`, status.description]
      .filter((line) => line !== '')
      .join('\n'),
    ...(url && { url }),
    isGood: !FAILED.includes(status.state) && status.state !== 'error',
    repository: name,
    environment: deployment.environment,
    branch: run?.head_branch ?? deployment.ref,
    ...(run && { workflow: run.workflow_name }),
    ...(!GOES_ON.includes(status.state) && { conclusion: status.state }),
  };
}

async function runNotice(
  db: Queries,
  publicUrl: string,
  { runId, repositoryId }: News & { kind: 'run' },
): Promise<Notice | undefined> {
  const repository = await findRepositoryById(db, repositoryId);
  const run = repository && (await findRunWithWorkflow(db, repositoryId, runId));
  const conclusion = run?.conclusion;
  if (!run || !conclusion) return undefined;
  const isFailure = FAILED.includes(conclusion);
  const isRecovery = conclusion === 'success' && FAILED.includes((await conclusionBefore(db, run)) ?? '');
  if (!isFailure && !isRecovery) return undefined;
  const name = `${repository.owner}/${repository.name}`;
  const { workflow_name: workflow, head_branch: branch } = run;
  return {
    kind: isFailure ? 'failures' : 'recoveries',
    subject: `workflow:${repositoryId}:${run.workflow_id}:${branch}`,
    state: conclusion,
    title: `${workflow} ${isFailure ? 'failed' : 'works again'} on ${branch} of ${name}`,
    text: `Run #${run.run_number}${run.attempt > 1 ? `, attempt ${run.attempt}` : ''}: ${run.event} by ${run.triggering_actor}`,
    url: `${publicUrl}/runs/${run.id}`,
    isGood: !isFailure,
    repository: name,
    workflow,
    branch,
    conclusion,
  };
}

/** Of the attempt before, else of the last run of the workflow on this branch that came to an end of its own. */
async function conclusionBefore(db: Queries, run: RunWithWorkflow): Promise<string | undefined> {
  const attempts = run.attempt > 1 ? await earlierAttempts(db, run.id) : [];
  const attempt = attempts.findLast(({ conclusion }) => isOwnEnd(conclusion));
  if (attempt) return attempt.conclusion;
  const before = await db
    .selectFrom('runs')
    .select('conclusion')
    .where('workflow_id', '=', run.workflow_id)
    .where('head_branch', '=', run.head_branch)
    .where('id', '<', run.id)
    .where('conclusion', 'in', ['success', ...FAILED])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return before?.conclusion ?? undefined;
}

const isOwnEnd = (conclusion: string): boolean => conclusion === 'success' || FAILED.includes(conclusion);
