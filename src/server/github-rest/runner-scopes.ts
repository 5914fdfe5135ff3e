import type { FastifyRequest } from 'fastify';
import type { RunnerScope } from '../../protocol/github/runners.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';

/** The three places that runners belong to, as path prefixes. */
export const SCOPES = ['/repos/:owner/:repo', '/orgs/:org', '/enterprises/:enterprise'];

/** @throws UserError 404 for a repository or enterprise that does not exist */
export async function scopeOfRequest(context: ServerContext, request: FastifyRequest): Promise<RunnerScope> {
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
