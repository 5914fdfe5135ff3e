import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { deleteSecret, listSecrets } from '../../store/secrets.ts';
import { repositoryOwner } from '../../store/setting-owners.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { linkPages, pageOf, READ, repositoryOf, WRITE } from './requests.ts';

const NameParams = z.object({ name: z.string().transform((name) => name.toUpperCase()) });

/**
 * https://docs.github.com/rest/actions/secrets, but for writing: GitHub wants a sealed box of libsodium there. Values
 * are set with `PUT /switchyard/v1/repos/:owner/:repo/secrets/:name`.
 */
export function secretRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/actions/secrets';
  app.get(base, READ, async (request, reply) => {
    const owner = repositoryOwner((await repositoryOf(context, request)).id);
    const secrets = (await listSecrets(context.db, owner)).map(secretObject);
    const page = pageOf(request);
    linkPages(context, request, reply, page, secrets.length);
    return { total_count: secrets.length, secrets: secrets.slice(page.offset, page.offset + page.limit) };
  });
  app.get(`${base}/:name`, READ, async (request) => {
    const owner = repositoryOwner((await repositoryOf(context, request)).id);
    const { name } = NameParams.parse(request.params);
    const secret = (await listSecrets(context.db, owner)).find((other) => other.name === name);
    if (!secret) throw notFoundOnGitHub();
    return secretObject(secret);
  });
  app.delete(`${base}/:name`, WRITE, async (request, reply) => {
    const owner = repositoryOwner((await repositoryOf(context, request)).id);
    if (!(await deleteSecret(context.db, owner, NameParams.parse(request.params).name))) throw notFoundOnGitHub();
    return reply.code(204).send();
  });
}

const secretObject = ({ name, updated_at }: { name: string; updated_at: string }) => ({
  name,
  created_at: updated_at,
  updated_at,
});
