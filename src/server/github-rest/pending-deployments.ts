import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { deploymentsOfJobs, reviewsOfRun } from '../../store/deployments.ts';
import { listEnvironments } from '../../store/environments.ts';
import { needs, reviewerOf } from '../auth/access.ts';
import { repositoryPlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';
import { type PendingEnvironment, pendingEnvironments } from '../engine/pending-deployments.ts';
import { rightOf } from '../engine/reviews.ts';
import { deploymentObject } from './deployment-objects.ts';
import { environmentIdentity, userReviewer } from './environments.ts';
import { runOf } from './runs.ts';
import { userObject } from './shapes.ts';

const ReviewRequest = z.looseObject({
  environment_ids: z.array(z.number().int()).min(1).max(100),
  state: z.enum(['approved', 'rejected']),
  comment: z.string().max(10_000),
});

/** https://docs.github.com/rest/actions/workflow-runs: what reviewers are asked, and have answered */
export function pendingDeploymentRoutes(app: FastifyInstance, context: ServerContext): void {
  const run = '/repos/:owner/:repo/actions/runs/:id';
  const { db, clock, engine, settings } = context;
  app.get(`${run}/pending_deployments`, needs('read', 'actions: read'), async (request) => {
    const { repository, run } = await runOf(context, request);
    const pending = await pendingEnvironments(db, run, clock.now());
    const reviewer = reviewerOf(request.caller, repositoryPlace(repository));
    return pending.map((one) => ({
      environment: environmentIdentity(settings.publicUrl, repository, one.environment),
      ...timerOf(one),
      current_user_can_approve: rightOf(one.environment, run, reviewer) !== undefined,
      reviewers: one.reviewers.map((name) => userReviewer(name, settings.publicUrl)),
    }));
  });
  // Whoever can read may be a reviewer; the names decide.
  app.post(`${run}/pending_deployments`, needs('read', 'people'), async (request) => {
    const { repository, run } = await runOf(context, request);
    const { environment_ids: environments, state, comment } = ReviewRequest.parse(request.body);
    const reviewer = reviewerOf(request.caller, repositoryPlace(repository));
    const jobs = await engine.environments.review({ runId: run.id, environments, state, comment, reviewer });
    const ids = jobs.map(({ id }) => id);
    const deployments = await deploymentsOfJobs(db, ids);
    return deployments.map((row) => deploymentObject(settings.publicUrl, repository, row));
  });
  app.get(`${run}/approvals`, needs('read', 'actions: read'), async (request) => {
    const { repository, run } = await runOf(context, request);
    const environments = await listEnvironments(db, repository.id);
    return (await reviewsOfRun(db, run.id)).map(({ environment_id, state, comment, reviewer }) => ({
      environments: environments
        .filter(({ id }) => id === environment_id)
        .map((row) => environmentIdentity(settings.publicUrl, repository, row)),
      state,
      user: userObject(reviewer, settings.publicUrl),
      comment,
    }));
  });
}

function timerOf({ environment, jobs, timerUntilMs }: PendingEnvironment) {
  const since = jobs.map(({ waiting_since }) => waiting_since).sort();
  return {
    wait_timer: environment.wait_minutes,
    wait_timer_started_at: timerUntilMs === null ? null : (since[0] ?? null),
  };
}
