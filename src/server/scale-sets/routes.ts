import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import {
  SCALE_SETS_PATH,
  ScaleSetChange,
  type ScaleSetError,
  ScaleSetJitRequest,
  ScaleSetRequest,
  SERVICE_PATH,
} from '../../protocol/github/scale-sets.ts';
import { runnerGroups } from '../../store/runners.ts';
import { insertScaleSet, updateScaleSet } from '../../store/scale-sets.ts';
import { same } from '../../workflow/routing.ts';
import type { ServerContext } from '../context.ts';
import { labelsOf } from '../engine/scale-sets.ts';
import { failureOf } from '../failures.ts';
import { generateJitConfig } from '../github-rest/runner-registration.ts';
import { agentRoutes } from './agents.ts';
import { scaleSetObject } from './objects.ts';
import { queueRoutes } from './queue.ts';
import { ADMIN, listOf, scopeOfAdmin, setById, setOf, setsOf } from './requests.ts';

const SetQuery = z.looseObject({ name: z.string().optional(), runnerGroupId: z.coerce.number().int().optional() });
const GroupQuery = z.looseObject({ groupName: z.string().optional() });

/** The service of runner scale sets (runner-protocol 10), below `SERVICE_PATH`. Register it without a prefix. */
export const scaleSetRoutes =
  (context: ServerContext): FastifyPluginAsync =>
  async (app) => {
    answerAsService(app, context);
    app.get(`${SERVICE_PATH}/runtime/runnergroups/`, ADMIN, async (request) => {
      const { groupName } = GroupQuery.parse(request.query);
      const groups = (await runnerGroups(context.db)).filter(({ name }) => !groupName || same(name, groupName));
      return listOf(
        groups.map(({ id, name, is_default }) => ({ id, name, size: 0, isDefaultGroup: is_default === 1 })),
      );
    });
    addSets(app, context);
    queueRoutes(app, context);
    agentRoutes(app, context);
  };

function addSets(app: FastifyInstance, context: ServerContext): void {
  const one = `${SCALE_SETS_PATH}/:id`;
  app.get(SCALE_SETS_PATH, ADMIN, async (request) => {
    const { name, runnerGroupId } = SetQuery.parse(request.query);
    const sets = (await setsOf(context, request)).filter(
      (set) => (name === undefined || same(set.name, name)) && (!runnerGroupId || set.group_id === runnerGroupId),
    );
    return listOf(await Promise.all(sets.map((set) => scaleSetObject(context, set))));
  });
  app.post(SCALE_SETS_PATH, ADMIN, async (request) => {
    const body = ScaleSetRequest.parse(request.body);
    const { kind, name: scopeName } = scopeOfAdmin(request);
    await assertGroup(context, body.runnerGroupId);
    await assertFree(context, request, body.name, body.runnerGroupId);
    const id = await insertScaleSet(context.db, {
      name: body.name,
      scope_kind: kind,
      scope_name: scopeName,
      group_id: body.runnerGroupId,
      labels: JSON.stringify(body.labels.map(({ type, name }) => ({ type, name }))),
      settings: JSON.stringify(body.RunnerSetting),
      created_at: isoTime(context.clock.now()),
    });
    await context.engine.scaleSets.reload();
    return scaleSetObject(context, await setById(context, request, id));
  });
  app.get(one, ADMIN, async (request) => scaleSetObject(context, await setOf(context, request)));
  app.patch(one, ADMIN, async (request) => {
    const set = await setOf(context, request);
    const { name = set.name, runnerGroupId, labels, RunnerSetting } = ScaleSetChange.parse(request.body);
    const groupId = runnerGroupId || set.group_id;
    await assertGroup(context, groupId);
    if (!same(name, set.name) || groupId !== set.group_id) await assertFree(context, request, name, groupId);
    await updateScaleSet(context.db, set.id, {
      name,
      group_id: groupId,
      ...(labels && { labels: JSON.stringify(labels.map((label) => ({ type: label.type, name: label.name }))) }),
      ...(RunnerSetting && { settings: JSON.stringify(RunnerSetting) }),
    });
    await context.engine.scaleSets.reload();
    return scaleSetObject(context, await setById(context, request, set.id));
  });
  app.delete(one, ADMIN, async (request, reply) => {
    await context.engine.scaleSets.remove(await setOf(context, request));
    return reply.code(204).send();
  });
  app.post(`${one}/generatejitconfig`, ADMIN, async (request) => {
    const set = await setOf(context, request);
    const { name, workFolder } = ScaleSetJitRequest.parse(request.body);
    const asked = { name, runner_group_id: set.group_id, labels: labelsOf(set), work_folder: workFolder };
    const { runner, encoded_jit_config } = await generateJitConfig(context, scopeOfAdmin(request).scope, asked, set.id);
    return {
      runner: { id: runner.id, name: runner.name, runnerScaleSetId: set.id },
      encodedJITConfig: encoded_jit_config,
    };
  });
}

async function assertGroup({ db }: ServerContext, id: number): Promise<void> {
  if ((await runnerGroups(db)).some((group) => group.id === id)) return;
  throw new UserError('no-such-group', `There is no runner group with the id ${id}.`, { status: 404 });
}

async function assertFree(
  context: ServerContext,
  request: FastifyRequest,
  name: string,
  groupId: number,
): Promise<void> {
  const taken = (await setsOf(context, request)).some((set) => same(set.name, name) && set.group_id === groupId);
  if (!taken) return;
  throw new UserError('scale-set-exists', `Runner scale set ${name} already exists.`, { status: 409 });
}

/** Names that clients look for, by our codes (runner-protocol 10.2). */
const EXCEPTIONS: Record<string, string> = {
  'runner-exists': 'AgentExistsException',
  'no-such-runner': 'AgentNotFoundException',
  'runner-busy': 'JobStillRunningException',
  'no-such-scale-set': 'RunnerScaleSetNotFoundException',
  'scale-set-exists': 'RunnerScaleSetExistsException',
  'no-such-group': 'RunnerGroupNotFoundException',
  'scale-set-listened-to': 'TaskAgentSessionConflictException',
  'no-such-scale-set-session': 'TaskAgentSessionNotFoundException',
};

function answerAsService(app: FastifyInstance, context: ServerContext): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, code, message } = failureOf(error, request, context.logger);
    const type = EXCEPTIONS[code] ?? 'ActionsServiceException';
    const body: ScaleSetError = {
      typeName: `GitHub.Actions.Runtime.WebApi.${type}, GitHub.Actions.Runtime.WebApi`,
      message,
    };
    return reply.code(status).send(body);
  });
}
