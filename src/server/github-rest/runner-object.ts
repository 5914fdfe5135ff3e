import type { FastifyRequest } from 'fastify';
import { type Runner, type RunnerLabel, type RunnerScope, scopeName } from '../../protocol/github/runners.ts';
import { allRunners, findRunner, labelsOf, type RunnerRow, type StoredLabel } from '../../store/runners.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { idOf } from './requests.ts';
import { scopeOfRequest } from './runner-scopes.ts';

export async function runnersIn(context: ServerContext, scope: RunnerScope): Promise<RunnerRow[]> {
  return (await allRunners(context.db)).filter((row) => isIn(row, scope));
}

const isIn = (row: RunnerRow, scope: RunnerScope): boolean =>
  row.scope_kind === scope.kind && row.scope_name.toLowerCase() === scopeName(scope).toLowerCase();

/** @throws UserError 404 for one that is not of the place in the path */
export async function runnerOfRequest(context: ServerContext, request: FastifyRequest): Promise<RunnerRow> {
  const scope = await scopeOfRequest(context, request);
  const row = await findRunner(context.db, idOf(request));
  if (!row || !isIn(row, scope)) throw notFoundOnGitHub();
  return row;
}

/** Labels have no ids here; the ones that are shown count from 1. */
export const labelObjects = (labels: StoredLabel[]): RunnerLabel[] =>
  labels.map((label, index) => ({ id: index + 1, ...label }));

/** A runner as GitHub's REST shows it. */
export async function viewRunner(context: ServerContext, row: RunnerRow): Promise<Runner> {
  const view = await context.engine.views.runner(row.id);
  const state = view?.state ?? 'offline';
  return {
    id: row.id,
    name: row.name,
    os: row.os,
    status: state === 'offline' ? 'offline' : 'online',
    busy: state === 'busy',
    ephemeral: row.ephemeral === 1,
    runner_group_id: row.group_id,
    labels: labelObjects(labelsOf(row)),
    // GitHub has no such fields; what reads its shapes passes over them.
    wall: view?.wall ?? null,
    group_wall: view?.groupWall ?? null,
  };
}
