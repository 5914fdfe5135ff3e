import type { FastifyRequest } from 'fastify';
import type { RunnerScope } from '../../protocol/github/runners.ts';
import type { RunnersTable } from '../../store/schema.ts';
import { scopeOf } from '../engine/runner-directory.ts';

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
