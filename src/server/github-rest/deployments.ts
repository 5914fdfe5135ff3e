import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import {
  addDeploymentStatus,
  type DeploymentRow,
  type DeploymentStatusRow,
  deleteDeployment,
  findDeployment,
  insertDeployment,
  moveToEnvironment,
  queryDeployments,
  retireOlder,
  statusesOf,
} from '../../store/deployments.ts';
import { findOrInsertEnvironment } from '../../store/environments.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { callerName, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { tellOfDeployment } from './deployment-events.ts';
import { deploymentObject, deploymentStatusObject } from './deployment-objects.ts';
import { notFoundOnGitHub } from './errors.ts';
import { idOf, linkPages, onPage, pageOf, repositoryOf } from './requests.ts';
import { assertGreen } from './required-contexts.ts';

const Name = z.string().min(1).max(255);
const Text = z.string().max(1_000).optional();
const ListQuery = z.object({ sha: Text, ref: Text, task: Text, environment: Text });
const Payload = z.union([z.record(z.string(), z.json()), z.string().max(65_535)]);

const CreateRequest = z.looseObject({
  ref: z.string().min(1).max(1_000),
  task: Name.default('deploy'),
  payload: Payload.default({}),
  environment: Name.default('production'),
  description: z.string().max(140).nullish(),
  required_contexts: z.array(z.string()).nullish(),
  transient_environment: z.boolean().default(false),
  production_environment: z.boolean().optional(),
});

const Url = z.union([z.literal(''), z.url({ protocol: /^https?$/ }).max(2_000)]);
const StatusRequest = z.looseObject({
  state: z.enum(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']),
  target_url: Url.default(''),
  log_url: Url.optional(),
  environment_url: Url.default(''),
  description: z.string().max(140).default(''),
  environment: Name.optional(),
  auto_inactive: z.boolean().default(true),
});

const READ = needs('read', 'deployments: read');
const WRITE = needs('write', 'deployments: write');

/** https://docs.github.com/rest/deployments */
export function deploymentRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/deployments';
  app.get(base, READ, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const query = { ...ListQuery.parse(request.query), repositoryId: repository.id };
    const page = pageOf(request);
    const { deployments, total } = await queryDeployments(context.db, query, page);
    linkPages(context, request, reply, page, total);
    return deployments.map((row) => deploymentObject(context.settings.publicUrl, repository, row));
  });
  app.post(base, WRITE, async (request, reply) => reply.code(201).send(await create(context, request)));
  app.get(`${base}/:id`, READ, async (request) => {
    const { repository, deployment } = await deploymentOf(context, request);
    return deploymentObject(context.settings.publicUrl, repository, deployment);
  });
  app.delete(`${base}/:id`, WRITE, async (request, reply) => {
    await remove(context, request);
    return reply.code(204).send();
  });
  addStatuses(app, context, `${base}/:id/statuses`);
}

function addStatuses(app: FastifyInstance, context: ServerContext, base: string): void {
  const view = (repository: RepositoryRow, deployment: DeploymentRow, row: DeploymentStatusRow) =>
    deploymentStatusObject(context.settings.publicUrl, repository, deployment, row);
  app.get(base, READ, async (request, reply) => {
    const { repository, deployment } = await deploymentOf(context, request);
    const shown = onPage(context, request, reply, await statusesOf(context.db, deployment.id));
    return shown.map((row) => view(repository, deployment, row));
  });
  app.get(`${base}/:status`, READ, async (request) => {
    const { repository, deployment } = await deploymentOf(context, request);
    const { status } = z.object({ status: z.coerce.number() }).parse(request.params);
    const row = (await statusesOf(context.db, deployment.id)).find(({ id }) => id === status);
    if (!row) throw notFoundOnGitHub();
    return view(repository, deployment, row);
  });
  app.post(base, WRITE, async (request, reply) => reply.code(201).send(await addStatus(context, request)));
}

/** @throws UserError 404 */
async function deploymentOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; deployment: DeploymentRow }> {
  const repository = await repositoryOf(context, request);
  const deployment = await findDeployment(context.db, repository.id, idOf(request));
  if (!deployment) throw notFoundOnGitHub();
  return { repository, deployment };
}

/** No branch is merged into the ref before, whatever `auto_merge` says. */
async function create(context: ServerContext, request: FastifyRequest) {
  const { db, clock, settings } = context;
  const repository = await repositoryOf(context, request);
  const asked = CreateRequest.parse(request.body);
  const sha = await context.git.resolve(repository, asked.ref);
  if (!sha) throw new UserError('no-such-ref', `No ref found for: ${asked.ref}`);
  await assertGreen(context, repository, sha, asked);
  const environment = await findOrInsertEnvironment(db, repository.id, asked.environment, clock.now());
  const at = isoTime(clock.now());
  const deployment = await insertDeployment(db, {
    repository_id: repository.id,
    environment: environment.name,
    original_environment: environment.name,
    state: '',
    run_id: null,
    job_id: null,
    ref: asked.ref,
    sha,
    task: asked.task,
    payload: JSON.stringify(asked.payload),
    description: asked.description ?? '',
    transient: asked.transient_environment ? 1 : 0,
    production: (asked.production_environment ?? environment.key === 'production') ? 1 : 0,
    creator: callerName(request.caller),
    created_at: at,
    updated_at: at,
  });
  await tellOfDeployment(context, request.caller, repository, deployment);
  return deploymentObject(settings.publicUrl, repository, deployment);
}

/** As on GitHub: what may still be there is not deleted, unless it is the only one. */
async function remove(context: ServerContext, request: FastifyRequest): Promise<void> {
  const { repository, deployment } = await deploymentOf(context, request);
  const { total } = await queryDeployments(context.db, { repositoryId: repository.id }, { limit: 1, offset: 0 });
  if (total > 1 && ACTIVE.includes(deployment.state)) {
    const message = 'We cannot delete an active deployment unless it is the only deployment in a given environment.';
    throw new UserError('deployment-active', message, { hint: 'Give it the status inactive first.' });
  }
  await deleteDeployment(context.db, deployment.id);
}

const ACTIVE = ['success', 'waiting', 'queued', 'in_progress', 'pending'];

async function addStatus(context: ServerContext, request: FastifyRequest) {
  const { db, clock, settings } = context;
  const { repository, deployment: before } = await deploymentOf(context, request);
  const asked = StatusRequest.parse(request.body);
  const creator = callerName(request.caller);
  const created_at = isoTime(clock.now());
  const { deployment, status } = await db.transaction().execute(async (transaction) => {
    if (asked.environment !== undefined) await moveToEnvironment(transaction, before.id, asked.environment);
    const status = await addDeploymentStatus(transaction, {
      deployment_id: before.id,
      state: asked.state,
      description: asked.description,
      environment_url: asked.environment_url,
      log_url: asked.log_url ?? asked.target_url,
      creator,
      created_at,
    });
    const deployment = (await findDeployment(transaction, repository.id, before.id)) ?? before;
    if (asked.state === 'success' && asked.auto_inactive)
      await retireOlder(transaction, deployment, creator, created_at);
    return { deployment, status };
  });
  await tellOfDeployment(context, request.caller, repository, deployment, status);
  return deploymentStatusObject(settings.publicUrl, repository, deployment, status);
}
