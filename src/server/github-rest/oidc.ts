import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { setSubjectTemplate, subjectTemplate } from '../../store/oidc.ts';
import { organizationOwner, repositoryOwner } from '../../store/setting-owners.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { repositoryOf } from './requests.ts';

const ClaimKeys = z.array(z.string().regex(/^[A-Za-z0-9_]{1,100}$/, 'may hold letters, digits and _')).max(100);
const OrganizationRequest = z.looseObject({ include_claim_keys: ClaimKeys.min(1) });
const RepositoryRequest = z.looseObject({ use_default: z.boolean(), include_claim_keys: ClaimKeys.optional() });
const OrganizationParams = z.object({ org: z.string() });
/** Of an organization that has chosen nothing. */
const DEFAULT_KEYS = ['repo', 'context'];

/** https://docs.github.com/rest/actions/oidc: what the subject of OIDC tokens is made of */
export function oidcRestRoutes(app: FastifyInstance, context: ServerContext): void {
  const { db } = context;
  const admin = (place: '' | 'organization_', level: 'read' | 'write') =>
    needs('admin', 'people', { app: `${place}administration: ${level}` });
  const ofOrganization = '/orgs/:org/actions/oidc/customization/sub';
  app.get(ofOrganization, admin('organization_', 'read'), async ({ params }) => {
    const template = await subjectTemplate(db, organizationOwner(OrganizationParams.parse(params).org));
    return { include_claim_keys: template?.claimKeys ?? DEFAULT_KEYS };
  });
  app.put(ofOrganization, admin('organization_', 'write'), async ({ params, body }, reply) => {
    const { include_claim_keys: claimKeys } = OrganizationRequest.parse(body);
    const owner = organizationOwner(OrganizationParams.parse(params).org);
    await setSubjectTemplate(db, owner, { useDefault: false, claimKeys });
    return reply.code(201).send({});
  });
  const ofRepository = '/repos/:owner/:repo/actions/oidc/customization/sub';
  app.get(ofRepository, admin('', 'read'), async (request) => {
    const { id } = await repositoryOf(context, request);
    const { useDefault, claimKeys } = (await subjectTemplate(db, repositoryOwner(id))) ?? {
      useDefault: true,
      claimKeys: null,
    };
    return { use_default: useDefault, ...(claimKeys && { include_claim_keys: claimKeys }) };
  });
  app.put(ofRepository, admin('', 'write'), async (request, reply) => {
    const { id } = await repositoryOf(context, request);
    const { use_default: useDefault, include_claim_keys: claimKeys = null } = RepositoryRequest.parse(request.body);
    await setSubjectTemplate(db, repositoryOwner(id), { useDefault, claimKeys: useDefault ? null : claimKeys });
    return reply.code(201).send({});
  });
}
