import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { findCheckRun } from '../../store/check-runs.ts';
import { jobsOfRun } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { findRunWithWorkflow, queryRuns, type RunWithWorkflow } from '../../store/runs-read.ts';
import type { ServerContext } from '../context.ts';
import { apiOf, checkRunObject, checkSuiteObject } from './check-run-object.ts';
import { type CheckRunObject, MAX_RUNS, onlyAsked, READ_CHECKS } from './check-runs.ts';
import { gitCommitObject } from './commit-object.ts';
import { notFoundOnGitHub } from './errors.ts';
import { commitOf, oneCommit } from './git-requests.ts';
import { withoutCalls } from './job-object.ts';
import {
  type PostedSuite,
  postedCheckObject,
  postedId,
  postedSuiteObject,
  postedSuites,
  suiteOf,
} from './posted-check-object.ts';
import { tellOfCheck, WRITE_CHECKS } from './posted-checks.ts';
import { idOf, onPage, repositoryOf } from './requests.ts';
import { rerun } from './runs.ts';
import { repositoryObject } from './shapes.ts';

type Suite = { run: RunWithWorkflow } | { posted: PostedSuite };

/** https://docs.github.com/rest/checks/suites: every run is one, and what an App says of a commit is one */
export function checkSuiteRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo';
  app.get(`${base}/check-suites/:id`, READ_CHECKS, async (request) => {
    const { repository, suite } = await suiteInPath(context, request);
    return suiteObject(context, repository, suite);
  });
  app.get(`${base}/check-suites/:id/check-runs`, READ_CHECKS, async (request, reply) => {
    const { repository, suite } = await suiteInPath(context, request);
    const all = onlyAsked(request, await checkRunsOf(context, repository, suite));
    return { total_count: all.length, check_runs: onPage(context, request, reply, all) };
  });
  app.post(`${base}/check-suites/:id/rerequest`, WRITE_CHECKS, async (request, reply) => {
    const { repository, suite } = await suiteInPath(context, request);
    if ('run' in suite) await rerun(context, request, suite.run.id, 'all');
    else
      for (const row of suite.posted.rows) await tellOfCheck(context, request.caller, repository, row, 'rerequested');
    return reply.code(201).send({});
  });
  app.get(`${base}/commits/:ref/check-suites`, READ_CHECKS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { ref } = z.object({ ref: z.string() }).parse(request.params);
    const suites = await suitesAt(context, repository, await commitOf(context, repository, ref));
    const shown = onPage(context, request, reply, suites);
    const check_suites = await Promise.all(shown.map((suite) => suiteObject(context, repository, suite)));
    return { total_count: suites.length, check_suites };
  });
}

async function suitesAt(context: ServerContext, repository: RepositoryRow, sha: string): Promise<Suite[]> {
  const { runs } = await queryRuns(
    context.db,
    { repositoryId: repository.id, headSha: sha },
    { limit: MAX_RUNS, offset: 0 },
  );
  const posted = await postedSuites(context, repository, sha);
  return [...runs.map((run) => ({ run })), ...posted.map((one) => ({ posted: one }))];
}

/** @throws UserError 404 */
async function suiteInPath(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; suite: Suite }> {
  const repository = await repositoryOf(context, request);
  const id = idOf(request);
  const rowId = postedId(id);
  if (rowId !== undefined) {
    const row = await findCheckRun(context.db, repository.id, rowId);
    const posted = row && (await suiteOf(context, repository, row));
    if (posted?.id !== rowId) throw notFoundOnGitHub();
    return { repository, suite: { posted } };
  }
  const run = await findRunWithWorkflow(context.db, repository.id, id);
  if (!run) throw notFoundOnGitHub();
  return { repository, suite: { run } };
}

async function checkRunsOf(context: ServerContext, repository: RepositoryRow, suite: Suite): Promise<CheckRunObject[]> {
  const { publicUrl } = context.settings;
  if ('posted' in suite)
    return Promise.all(suite.posted.rows.map((row) => postedCheckObject(context, repository, row)));
  const jobs = withoutCalls(await jobsOfRun(context.db, suite.run.id));
  return jobs.map((job) => checkRunObject(publicUrl, repository, suite.run, job));
}

async function suiteObject(context: ServerContext, repository: RepositoryRow, suite: Suite) {
  const { publicUrl } = context.settings;
  const object =
    'run' in suite
      ? checkSuiteObject(publicUrl, repository, suite.run)
      : await postedSuiteObject(context, repository, suite.posted);
  return {
    ...object,
    repository: repositoryObject(repository, publicUrl),
    head_commit: await headCommitOf(context, repository, object.head_sha),
    latest_check_runs_count: (await checkRunsOf(context, repository, suite)).length,
    check_runs_url: `${apiOf(publicUrl, repository)}/check-suites/${object.id}/check-runs`,
  };
}

/** GitHub's `simple-commit`. */
async function headCommitOf(context: ServerContext, repository: RepositoryRow, sha: string) {
  const commit = await oneCommit(context, repository, sha);
  const { tree, message, author, committer } = gitCommitObject(context.settings.publicUrl, repository, commit);
  return { id: sha, tree_id: tree.sha, message, timestamp: committer.date, author, committer };
}
