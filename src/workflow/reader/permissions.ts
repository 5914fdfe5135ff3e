/** The keys `permissions` (SEM-6.1, 6.2). The schema has checked scopes and levels. */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import type { PermissionLevel, Permissions } from '../model.ts';
import { allPermissions, permissionsBy } from '../permissions.ts';
import { isAbsent, literalText, member } from '../tokens.ts';

/** `null` for an absent key. */
export function readPermissions(token: TemplateToken): Permissions | null {
  if (isAbsent(token)) return null;
  const shorthand = literalText(token);
  if (shorthand === 'read-all' || shorthand === 'write-all') {
    return allPermissions(shorthand === 'read-all' ? 'read' : 'write');
  }
  return permissionsBy((scope) => levelOf(literalText(member(token, scope))));
}

const levelOf = (text: string | undefined): PermissionLevel => (text === 'read' || text === 'write' ? text : 'none');
