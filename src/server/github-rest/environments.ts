import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { userId } from '../../common/ids.ts';
import {
  type EnvironmentRow,
  type EnvironmentRules,
  LONGEST_ENVIRONMENT_NAME,
  listEnvironments,
  reviewersOf,
} from '../../store/environments.ts';
import { userNames } from '../../store/people.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { branchPolicyRoutes } from './branch-policies.ts';
import { environmentOf, onPage, repositoryOf } from './requests.ts';
import { nodeId, userObject } from './shapes.ts';

const Reviewer = z.looseObject({
  type: z.enum(['User', 'Team']).default('User'),
  id: z.number().int().optional(),
  /** Ours: GitHub wants the id. */
  login: z.string().optional(),
});
type Reviewer = z.infer<typeof Reviewer>;

const BranchPolicy = z
  .looseObject({ protected_branches: z.boolean(), custom_branch_policies: z.boolean() })
  .refine((policy) => policy.protected_branches !== policy.custom_branch_policies, {
    message: 'exactly one of protected_branches and custom_branch_policies must be true',
  });

/** SEM-12.3. What is not said is none, as it is a PUT. */
const PutRequest = z.looseObject({
  wait_timer: z.number().int().min(0).max(43_200).nullish(),
  prevent_self_review: z.boolean().nullish(),
  reviewers: z.array(Reviewer).max(6).nullish(),
  deployment_branch_policy: BranchPolicy.nullish(),
  /** Left as it is when it is not said: GitHub's own clients cannot say it. */
  can_admins_bypass: z.boolean().optional(),
});

const NameParams = z.object({
  environment: z
    .string()
    .min(1)
    .max(LONGEST_ENVIRONMENT_NAME)
    .regex(/^[^\p{Cc}]+$/u, 'must have no control characters'),
});

/** https://docs.github.com/rest/deployments/environments */
export function environmentRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/environments';
  const { engine, settings } = context;
  const read = needs('read', 'actions: read');
  const admin = needs('admin', 'people', { app: 'administration: write' });
  const view = (repository: RepositoryRow, row: EnvironmentRow) =>
    environmentObject(settings.publicUrl, repository, row);
  app.get(base, read, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const rows = await listEnvironments(context.db, repository.id);
    const shown = onPage(context, request, reply, rows);
    return { total_count: rows.length, environments: shown.map((row) => view(repository, row)) };
  });
  app.get(`${base}/:environment`, read, async (request) => {
    const { repository, environment } = await environmentOf(context, request);
    return view(repository, environment);
  });
  app.put(`${base}/:environment`, admin, async (request) => {
    const repository = await repositoryOf(context, request);
    const { environment: name } = NameParams.parse(request.params);
    const rules = await rulesIn(context, request);
    return view(repository, await engine.environments.put({ repositoryId: repository.id, name, rules }));
  });
  app.delete(`${base}/:environment`, admin, async (request, reply) => {
    const { environment } = await environmentOf(context, request);
    await engine.environments.remove(environment);
    return reply.code(204).send();
  });
  branchPolicyRoutes(app, context);
}

async function rulesIn(context: ServerContext, request: FastifyRequest): Promise<Partial<EnvironmentRules>> {
  const asked = PutRequest.parse(request.body ?? {});
  const policy = asked.deployment_branch_policy;
  return {
    wait_minutes: asked.wait_timer ?? 0,
    prevent_self_review: asked.prevent_self_review ? 1 : 0,
    reviewers: JSON.stringify(await reviewersIn(context, asked.reviewers ?? [])),
    branch_policy: policy ? (policy.protected_branches ? 'protected' : 'custom') : null,
    ...(asked.can_admins_bypass === undefined ? {} : { admin_bypass: asked.can_admins_bypass ? 1 : 0 }),
  };
}

/** @throws UserError 422 for somebody who could never answer */
async function reviewersIn({ db }: ServerContext, asked: Reviewer[]): Promise<string[]> {
  const known = asked.length > 0 ? await userNames(db) : [];
  const names = asked.map(({ type, id, login }) => {
    const name = known.find((one) => (login === undefined ? userId(one) === id : userId(one) === userId(login)));
    if (type === 'User' && name !== undefined) return name;
    const who = login ?? id ?? 'a reviewer without id and login';
    const message = type === 'Team' ? `There are no teams here: ${who}.` : `There is no user ${who}.`;
    throw new UserError('no-such-reviewer', message, {
      hint: 'Name users by `login`, or by the `id` of their REST object.',
    });
  });
  return [...new Set(names)];
}

/** What an environment is where only its identity matters. */
export function environmentIdentity(publicUrl: string, { owner, name }: RepositoryRow, environment: EnvironmentRow) {
  const path = encodeURIComponent(environment.name);
  return {
    id: environment.id,
    node_id: nodeId('Environment', environment.id),
    name: environment.name,
    url: `${publicUrl}/api/v3/repos/${owner}/${name}/environments/${path}`,
    html_url: `${publicUrl}/${owner}/${name}/deployments/activity_log?environments_filter=${path}`,
    created_at: environment.created_at,
    updated_at: environment.updated_at,
  };
}

function environmentObject(publicUrl: string, repository: RepositoryRow, environment: EnvironmentRow) {
  const policy = environment.branch_policy;
  return {
    ...environmentIdentity(publicUrl, repository, environment),
    protection_rules: protectionRules(publicUrl, environment),
    deployment_branch_policy:
      policy === null
        ? null
        : { protected_branches: policy === 'protected', custom_branch_policies: policy === 'custom' },
    can_admins_bypass: environment.admin_bypass === 1,
  };
}

/** Rules have no rows of their own; their ids follow from the environment's. */
function protectionRules(publicUrl: string, environment: EnvironmentRow) {
  const rule = (kind: 0 | 1 | 2) => {
    const id = environment.id * 3 + kind;
    return { id, node_id: nodeId('ProtectionRule', id) };
  };
  const reviewers = reviewersOf(environment).map((name) => userReviewer(name, publicUrl));
  const prevent_self_review = environment.prevent_self_review === 1;
  return [
    ...(environment.wait_minutes > 0 ? [{ ...rule(0), type: 'wait_timer', wait_timer: environment.wait_minutes }] : []),
    ...(reviewers.length > 0 ? [{ ...rule(1), type: 'required_reviewers', prevent_self_review, reviewers }] : []),
    ...(environment.branch_policy === null ? [] : [{ ...rule(2), type: 'branch_policy' }]),
  ];
}

export const userReviewer = (name: string, publicUrl: string) => ({
  type: 'User',
  reviewer: userObject(name, publicUrl),
});
