import type { FastifyContextConfig } from 'fastify';
import { asAppPermission } from '../auth/app-permissions.ts';
import type { Caller } from '../auth/callers.ts';

/**
 * What GitHub tells clients of the token that they sent. Without `x-oauth-scopes`, as of GitHub's own fine-grained tokens:
 * what a token may do differs by place here, and `gh auth login` asks no more of one that names no scopes.
 */
export function tokenHeaders(
  caller: Caller | undefined,
  { permission, app }: FastifyContextConfig,
): Record<string, string> {
  const headers: Record<string, string> = {};
  const needed = app ?? (permission && asAppPermission(permission));
  if (needed) headers['x-accepted-github-permissions'] = needed.replace(': ', '=');
  if (caller?.kind === 'user' && caller.expiresAt !== null) {
    headers['github-authentication-token-expiration'] = `${caller.expiresAt.slice(0, 19).replace('T', ' ')} UTC`;
  }
  return headers;
}
