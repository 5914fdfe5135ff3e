import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import {
  type BranchPolicyRow,
  branchPolicies,
  deleteBranchPolicy,
  insertBranchPolicy,
  renameBranchPolicy,
} from '../../store/environments.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { environmentOf, idOf, onPage } from './requests.ts';
import { nodeId } from './shapes.ts';

const Pattern = z.string().min(1).max(255);
const CreateRequest = z.looseObject({ name: Pattern, type: z.enum(['branch', 'tag']).default('branch') });
const UpdateRequest = z.looseObject({ name: Pattern });

/** https://docs.github.com/rest/deployments/branch-policies */
export function branchPolicyRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/environments/:environment/deployment-branch-policies';
  const { db } = context;
  const read = needs('read', 'actions: read');
  const admin = needs('admin', 'people', { app: 'administration: write' });
  app.get(base, read, async (request, reply) => {
    const { environment } = await environmentOf(context, request);
    const policies = await branchPolicies(db, environment.id);
    const shown = onPage(context, request, reply, policies);
    return { total_count: policies.length, branch_policies: shown.map(policyObject) };
  });
  app.post(base, admin, async (request, reply) => {
    const { environment } = await environmentOf(context, request);
    if (environment.branch_policy !== 'custom') throw notCustom(environment.name);
    const policy = { environment_id: environment.id, ...nameAndType(CreateRequest.parse(request.body)) };
    const made = await insertBranchPolicy(db, policy);
    // GitHub's answer for one that is there already.
    return made ? policyObject(made) : reply.code(303).send();
  });
  app.get(`${base}/:id`, read, async (request) => policyObject(await policyOf(context, request)));
  app.put(`${base}/:id`, admin, async (request) => {
    const policy = await policyOf(context, request);
    const { name } = UpdateRequest.parse(request.body);
    const others = await branchPolicies(db, policy.environment_id);
    if (others.some((other) => other.id !== policy.id && other.type === policy.type && other.name === name)) {
      throw new UserError('policy-exists', `The environment has a policy for ${name} already.`);
    }
    return policyObject(await renameBranchPolicy(db, policy.id, name));
  });
  app.delete(`${base}/:id`, admin, async (request, reply) => {
    await deleteBranchPolicy(db, (await policyOf(context, request)).id);
    return reply.code(204).send();
  });
}

const nameAndType = ({ name, type }: z.infer<typeof CreateRequest>) => ({ name, type });

const notCustom = (environment: string): UserError =>
  new UserError('no-custom-policies', `Not Found or custom_branch_policies is false for ${environment}.`, {
    status: 404,
  });

/** @throws UserError 404 */
async function policyOf(context: ServerContext, request: FastifyRequest): Promise<BranchPolicyRow> {
  const { environment } = await environmentOf(context, request);
  const policy = (await branchPolicies(context.db, environment.id)).find(({ id }) => id === idOf(request));
  if (!policy) throw notFoundOnGitHub();
  return policy;
}

const policyObject = ({ id, name, type }: BranchPolicyRow) => ({
  id,
  node_id: nodeId('BranchPolicy', id),
  name,
  type,
});
