import type { FastifyRequest } from 'fastify';
import { type RunnerScope, scopeName } from '../../protocol/github/runners.ts';
import { needs, type RegistrationKind, type TokenNeed } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { scopeOf } from '../engine/runner-directory.ts';
import { notFoundOnGitHub } from './errors.ts';

/** The three places that runners belong to, as path prefixes. */
export const SCOPES = ['/repos/:owner/:repo', '/orgs/:org', '/enterprises/:enterprise'];

/** A group is everybody's, whoever's path it is called by. */
export const CHANGES_GROUPS = needs('admin', 'people', { place: 'server' });

/**
 * Runners are for those who administer the place; an enterprise's have no permission that an App could be given.
 * @param runnerTokens kinds of tokens that open the route for a runner that configures or removes itself
 */
export function runnerNeeds(
  prefix: string,
  level: 'read' | 'write',
  runnerTokens?: RegistrationKind[],
): { config: TokenNeed & { runnerTokens?: RegistrationKind[] } } {
  const { config } = peopleNeed(prefix, level);
  return { config: runnerTokens ? { ...config, runnerTokens } : config };
}

function peopleNeed(prefix: string, level: 'read' | 'write'): { config: TokenNeed } {
  if (prefix.startsWith('/repos')) return needs('admin', 'people', { app: `administration: ${level}` });
  if (!prefix.startsWith('/orgs')) return needs('admin', 'people');
  return needs('admin', 'people', { app: `organization_self_hosted_runners: ${level}` });
}

/**
 * The place in the request's path.
 * @throws UserError 404 for a repository or enterprise that does not exist, and for a runner's token of another place
 */
export async function scopeOfRequest(context: ServerContext, request: FastifyRequest): Promise<RunnerScope> {
  const scope = await namedScope(context, request);
  if (request.caller.kind === 'registration' && !isSame(scope, tokenScope(request))) throw notFoundOnGitHub();
  return scope;
}

/** The place that a registration or remove token is for. */
export function tokenScope(request: FastifyRequest): RunnerScope {
  if (request.caller.kind !== 'registration') throw new Error('the route lets in others than runners');
  const { subject } = request.caller.token;
  const kind = subject.slice(0, subject.indexOf(':')) as RunnerScope['kind'];
  return scopeOf({ scope_kind: kind, scope_name: subject.slice(subject.indexOf(':') + 1) });
}

const isSame = (one: RunnerScope, other: RunnerScope): boolean =>
  one.kind === other.kind && scopeName(one).toLowerCase() === scopeName(other).toLowerCase();

async function namedScope(context: ServerContext, request: FastifyRequest): Promise<RunnerScope> {
  const { owner, repo, org, enterprise } = request.params as Record<string, string | undefined>;
  if (org !== undefined) return { kind: 'organization', name: org };
  if (enterprise !== undefined) {
    if (enterprise.toLowerCase() !== context.settings.enterprise) throw notFoundOnGitHub();
    return { kind: 'enterprise', name: context.settings.enterprise };
  }
  const repository = owner && repo ? await context.git.find(owner, repo) : undefined;
  if (!repository) throw notFoundOnGitHub();
  return { kind: 'repository', owner: repository.owner, name: repository.name };
}
