import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { deleteSetting, findSharing } from '../../store/setting-owners.ts';
import { insertVariable, listVariables, updateVariable, type VariableRow } from '../../store/variables.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { onPage } from './requests.ts';
import { assertRoom, ORGANIZATION, SETTING_PLACES, type SettingPlace } from './setting-places.ts';
import { nameInPath, settingName, settingValue } from './setting-requests.ts';
import { sharedRepositoryRoutes, sharingChange, sharingFields, sharingOf } from './setting-sharing.ts';

const CreateRequest = z.looseObject({ name: z.string(), value: z.string() });
const UpdateRequest = z.looseObject({ name: z.string().optional(), value: z.string().optional() });

/** https://docs.github.com/rest/actions/variables */
export function variableRoutes(app: FastifyInstance, context: ServerContext): void {
  for (const place of SETTING_PLACES) addRoutes(app, context, place);
  sharedRepositoryRoutes(app, context, 'variables');
}

function addRoutes(app: FastifyInstance, context: ServerContext, place: SettingPlace): void {
  const base = `${place.prefix}/variables`;
  const { db } = context;
  app.get(base, place.read('variables'), async (request, reply) => {
    const variables = await listVariables(db, await place.ownerOf(context, request));
    const shown = onPage(context, request, reply, variables);
    return { total_count: variables.length, variables: shown.map((row) => variableObject(context, request, row)) };
  });
  app.get(`${base}/:name`, place.read('variables'), async (request) => {
    const variables = await listVariables(db, await place.ownerOf(context, request));
    const variable = variables.find(({ name }) => name === nameInPath(request));
    if (!variable) throw notFoundOnGitHub();
    return variableObject(context, request, variable);
  });
  app.post(base, place.write('variables'), async (request, reply) => {
    await create(context, place, request);
    return reply.code(201).send({});
  });
  app.patch(`${base}/:name`, place.write('variables'), async (request, reply) => {
    await change(context, place, request);
    return reply.code(204).send();
  });
  app.delete(`${base}/:name`, place.write('variables'), async (request, reply) => {
    const owner = await place.ownerOf(context, request);
    if (!(await deleteSetting(db, 'variables', owner, nameInPath(request)))) throw notFoundOnGitHub();
    return reply.code(204).send();
  });
}

async function create(context: ServerContext, place: SettingPlace, request: FastifyRequest): Promise<void> {
  const owner = await place.ownerOf(context, request);
  const { name, value } = CreateRequest.parse(request.body);
  const sharing = place === ORGANIZATION ? await sharingOf(context, request) : undefined;
  const variable = { owner, name: settingName(name), value: settingValue(value), sharing };
  await assertRoom(context, place, 'variables', owner);
  if (!(await insertVariable(context.db, variable, context.clock.now()))) throw alreadyExists();
}

async function change(context: ServerContext, place: SettingPlace, request: FastifyRequest): Promise<void> {
  const { db, clock } = context;
  const owner = await place.ownerOf(context, request);
  const current = nameInPath(request);
  const known = await findSharing(db, 'variables', owner, current);
  if (!known) throw notFoundOnGitHub();
  const { name: given, value } = UpdateRequest.parse(request.body);
  const name = given === undefined ? current : settingName(given);
  if (name !== current && (await findSharing(db, 'variables', owner, name))) throw alreadyExists();
  const sharing = place === ORGANIZATION ? await sharingChange(context, request, known) : {};
  const values = value === undefined ? {} : { value: settingValue(value) };
  await updateVariable(db, owner, current, { name, ...values, ...sharing }, clock.now());
}

const alreadyExists = (): UserError =>
  new UserError('variable-exists', 'Already exists - Variable already exists', { status: 409 });

function variableObject(context: ServerContext, request: FastifyRequest, variable: VariableRow) {
  const { name, value, created_at, updated_at } = variable;
  return { name, value, created_at, updated_at, ...sharingFields(context, request, 'variables', variable) };
}
