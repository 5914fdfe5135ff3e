import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { repositoryOwner } from '../../store/setting-owners.ts';
import {
  deleteVariable,
  insertVariable,
  listVariables,
  updateVariable,
  type VariableRow,
} from '../../store/variables.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { linkPages, pageOf, READ, repositoryOf, WRITE } from './requests.ts';
import { settingName } from './setting-names.ts';

const Value = z.string().max(48 * 1024);
const CreateRequest = z.looseObject({ name: z.string(), value: Value });
const UpdateRequest = z.looseObject({ name: z.string().optional(), value: Value.optional() });
const NameParams = z.object({ name: z.string().transform((name) => name.toUpperCase()) });

const nameOf = (request: FastifyRequest): string => NameParams.parse(request.params).name;

/** https://docs.github.com/rest/actions/variables */
export function variableRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/actions/variables';
  const { db, clock } = context;
  app.get(base, READ, async (request, reply) => {
    const owner = repositoryOwner((await repositoryOf(context, request)).id);
    const variables = (await listVariables(db, owner)).map(variableObject);
    const page = pageOf(request);
    linkPages(context, request, reply, page, variables.length);
    return { total_count: variables.length, variables: variables.slice(page.offset, page.offset + page.limit) };
  });
  app.get(`${base}/:name`, READ, async (request) => {
    const owner = repositoryOwner((await repositoryOf(context, request)).id);
    const variable = (await listVariables(db, owner)).find(({ name }) => name === nameOf(request));
    if (!variable) throw notFoundOnGitHub();
    return variableObject(variable);
  });
  app.post(base, WRITE, async (request, reply) => {
    const owner = repositoryOwner((await repositoryOf(context, request)).id);
    const { name, value } = CreateRequest.parse(request.body);
    const isNew = await insertVariable(db, { owner, name: settingName(name), value }, clock.now());
    if (!isNew) throw new UserError('variable-exists', 'Already exists - Variable already exists', { status: 409 });
    return reply.code(201).send({});
  });
  app.patch(`${base}/:name`, WRITE, async (request, reply) => {
    const owner = repositoryOwner((await repositoryOf(context, request)).id);
    const { name, value } = UpdateRequest.parse(request.body);
    const change = {
      ...(name === undefined ? {} : { name: settingName(name) }),
      ...(value === undefined ? {} : { value }),
    };
    if (!(await updateVariable(db, owner, nameOf(request), change, clock.now()))) throw notFoundOnGitHub();
    return reply.code(204).send();
  });
  app.delete(`${base}/:name`, WRITE, async (request, reply) => {
    const owner = repositoryOwner((await repositoryOf(context, request)).id);
    if (!(await deleteVariable(db, owner, nameOf(request)))) throw notFoundOnGitHub();
    return reply.code(204).send();
  });
}

const variableObject = ({ name, value, updated_at }: VariableRow) => ({
  name,
  value,
  created_at: updated_at,
  updated_at,
});
