/** What `uses:` may say (SEM-17.1). */
import { UserError } from '../../../common/errors.ts';
import type { StepReference } from '../../../protocol/runner/job-message.ts';

/** As `uses:` spells it. */
export function usesText(reference: StepReference): string {
  if (reference.type === 'script') return 'run';
  if (reference.type === 'containerRegistry') return `docker://${reference.image}`;
  if (reference.repositoryType === 'self')
    return reference.path.startsWith('./') ? reference.path : `./${reference.path}`;
  return `${reference.name}${reference.path ? `/${reference.path}` : ''}@${reference.ref}`;
}

const REMOTE = /^([^/\\@\s]+)[/\\]([^/\\@\s]+)(?:[/\\]([^@]*))?@(.+)$/;

/**
 * @param origin repository and ref of the file that says so: what `$/` stands for
 * @throws UserError `bad-action` for anything that is no reference
 */
export function parseUses(uses: string, origin?: { name: string; ref: string }): StepReference {
  if (uses.startsWith('$/') && !uses.includes('@')) return ownAction(uses, origin);
  if (uses.startsWith('docker://') && uses.length > 'docker://'.length) {
    return { type: 'containerRegistry', image: uses.slice('docker://'.length) };
  }
  if (/^\.[/\\]/.test(uses)) return { type: 'repository', repositoryType: 'self', path: uses };
  const [, owner, name, path = '', ref] = REMOTE.exec(uses) ?? [];
  if (owner && name && ref) {
    return remoteAction({ name: `${owner}/${name}`, ref }, path);
  }
  throw new UserError(
    'bad-action',
    `"${uses}" is no action: use owner/name[/path]@ref, ./path, $/path or docker://image`,
  );
}

/** SEM-17.1: of the same repository and commit as the file. */
function ownAction(uses: string, origin: { name: string; ref: string } | undefined): StepReference {
  if (!origin) throw new UserError('bad-action', `"${uses}": the server does not say which repository this file is of`);
  return remoteAction(origin, uses.slice('$/'.length));
}

function remoteAction({ name, ref }: { name: string; ref: string }, path: string): StepReference {
  const folder = path.split(/[/\\]/).filter(Boolean).join('/');
  const reference = { type: 'repository', repositoryType: 'GitHub', name, ref } as const;
  return folder === '' ? reference : { ...reference, path: folder };
}
