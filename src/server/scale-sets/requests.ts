/** What the routes of scale sets read from a request, and the form of their lists. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { RunnerScope } from '../../protocol/github/runners.ts';
import { allScaleSets, type ScaleSetRow } from '../../store/scale-sets.ts';
import type { RunnersTable } from '../../store/tables/runners.ts';
import { same } from '../../workflow/routing.ts';
import type { ServerContext } from '../context.ts';
import { scopeOf } from '../engine/runner-directory.ts';

export const ADMIN = { config: { access: 'scale-sets' } } as const;

const SetParams = z.object({ id: z.coerce.number().int().positive() });

export const listOf = <T>(value: T[]): { count: number; value: T[] } => ({ count: value.length, value });

export interface AdminScope {
  kind: RunnersTable['scope_kind'];
  /** As in `runners.scope_name`. */
  name: string;
  scope: RunnerScope;
}

/** The place whose scale sets the caller's token is for. */
export function scopeOfAdmin({ caller }: FastifyRequest): AdminScope {
  if (caller.kind !== 'scale-sets') throw new Error('the route lacks the access "scale-sets"');
  const { kind, name } = caller.admin;
  return { kind, name, scope: scopeOf({ scope_kind: kind, scope_name: name }) };
}

/** Those of the scope that the caller's token is for. */
export async function setsOf(context: ServerContext, request: FastifyRequest): Promise<ScaleSetRow[]> {
  const { kind, name } = scopeOfAdmin(request);
  const all = await allScaleSets(context.db);
  return all.filter(({ scope_kind, scope_name }) => scope_kind === kind && same(scope_name, name));
}

/** @throws UserError 404 */
export async function setById(context: ServerContext, request: FastifyRequest, id: number): Promise<ScaleSetRow> {
  const set = (await setsOf(context, request)).find((candidate) => candidate.id === id);
  if (set) return set;
  throw new UserError('no-such-scale-set', `No runner scale set found with identifier ${id}.`, {
    status: 404,
  });
}

/** The scale set in the path. @throws UserError 404 */
export async function setOf(context: ServerContext, request: FastifyRequest): Promise<ScaleSetRow> {
  const { data } = SetParams.safeParse(request.params);
  return setById(context, request, data?.id ?? 0);
}
