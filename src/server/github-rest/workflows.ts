import { basename } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { WorkflowRow } from '../../store/runs.ts';
import { findWorkflow, insertWorkflow, listWorkflows, setWorkflowState } from '../../store/workflows.ts';
import { callerName } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { onPage, READ, repositoryOf, WRITE } from './requests.ts';
import { repositoryObject, userObject } from './shapes.ts';
import { workflowObject } from './workflow-object.ts';

const FOLDER = '.github/workflows/';
const WorkflowParams = z.object({ workflow: z.string().max(300) });
const DispatchRequest = z.looseObject({
  ref: z.string().min(1).max(1_000),
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
});

/** https://docs.github.com/rest/actions/workflows */
export function workflowRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/actions/workflows';
  app.get(base, READ, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const workflows = await knownWorkflows(context, repository);
    const shown = onPage(context, request, reply, workflows);
    return {
      total_count: workflows.length,
      workflows: shown.map((row) => workflowObject(context.settings.publicUrl, repository, row)),
    };
  });
  app.get(`${base}/:workflow`, READ, async (request) => {
    const repository = await repositoryOf(context, request);
    return workflowObject(context.settings.publicUrl, repository, await workflowOf(context, repository, request));
  });
  for (const [action, state] of [
    ['enable', 'active'],
    ['disable', 'disabled_manually'],
  ] as const) {
    app.put(`${base}/:workflow/${action}`, WRITE, async (request, reply) => {
      const repository = await repositoryOf(context, request);
      const workflow = await workflowOf(context, repository, request);
      await setWorkflowState(context.db, workflow.id, state);
      return reply.code(204).send();
    });
  }
  app.post(`${base}/:workflow/dispatches`, WRITE, async (request, reply) => {
    await dispatch(context, request);
    return reply.code(204).send();
  });
}

/**
 * The workflow in the path, by its id or the name of its file.
 * @throws UserError 404
 */
export async function workflowOf(
  context: ServerContext,
  repository: RepositoryRow,
  request: FastifyRequest,
): Promise<WorkflowRow> {
  const { workflow: name } = WorkflowParams.parse(request.params);
  const found = /^\d+$/.test(name)
    ? await findWorkflow(context.db, repository.id, Number(name))
    : (await knownWorkflows(context, repository)).find(({ path }) => path === FOLDER + basename(name));
  if (!found) throw notFoundOnGitHub();
  return found;
}

/** Those that have run, and those that lie on the default branch. */
async function knownWorkflows(context: ServerContext, repository: RepositoryRow): Promise<WorkflowRow[]> {
  const known = await listWorkflows(context.db, repository.id);
  const sha = await context.git.resolve(repository, `refs/heads/${repository.default_branch}`);
  const files = sha ? await context.files.at(repository, sha) : [];
  const fresh = files.filter(({ path }) => !known.some((workflow) => workflow.path === path));
  if (fresh.length === 0) return known;
  for (const { path, workflow } of fresh) {
    const { name } = workflow;
    await insertWorkflow(context.db, { repositoryId: repository.id, path, name }, context.clock.now());
  }
  return listWorkflows(context.db, repository.id);
}

/** The file at the given ref counts, so a workflow that lies on a branch only can be started by its name. */
async function dispatch(context: ServerContext, request: FastifyRequest): Promise<void> {
  const repository = await repositoryOf(context, request);
  const { ref: given, inputs } = DispatchRequest.parse(request.body);
  const { ref, sha } = await resolveRef(context, repository, given);
  const path = await pathOf(context, repository, request, sha);
  const actor = callerName(request.caller);
  const { publicUrl } = context.settings;
  const outcome = await context.engine.acceptEvent({
    key: `dispatch:${newGuid()}`,
    repository,
    name: 'workflow_dispatch',
    ref,
    sha,
    actor,
    inputs,
    workflow: path,
    payload: {
      inputs,
      ref,
      workflow: path,
      repository: { ...repositoryObject(repository, publicUrl) },
      sender: { ...userObject(actor, publicUrl) },
    },
  });
  if (outcome.runs.length > 0) return;
  if (outcome.notStarted.some(({ filter }) => filter === 'disabled')) {
    throw new UserError('workflow-disabled', "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
  }
  throw new UserError('not-dispatchable', "Workflow does not have 'workflow_dispatch' trigger");
}

async function pathOf(
  context: ServerContext,
  repository: RepositoryRow,
  request: FastifyRequest,
  sha: string,
): Promise<string> {
  const { workflow: name } = WorkflowParams.parse(request.params);
  if (/^\d+$/.test(name)) return (await workflowOf(context, repository, request)).path;
  const path = FOLDER + basename(name);
  if (!(await context.files.paths(repository, sha)).includes(path)) throw notFoundOnGitHub();
  return path;
}

/** A branch or a tag, with or without `refs/`; a commit alone is no place to run (SEM-4.9). */
async function resolveRef(
  context: ServerContext,
  repository: RepositoryRow,
  given: string,
): Promise<{ ref: string; sha: string }> {
  const candidates = given.startsWith('refs/') ? [given] : [`refs/heads/${given}`, `refs/tags/${given}`];
  for (const ref of candidates) {
    const sha = await context.git.resolve(repository, ref);
    if (sha) return { ref, sha };
  }
  throw new UserError('no-such-ref', `No ref found for: ${given}`);
}
