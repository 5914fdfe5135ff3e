import { userId } from '../../common/ids.ts';
import type { RepositoryRow } from '../../store/repositories.ts';

/** GitHub's objects that more than one surface shows. Fields that nothing here could fill are left out. */

export function userObject(name: string, publicUrl: string) {
  const id = userId(name);
  return {
    login: name,
    id,
    node_id: nodeId('User', id),
    avatar_url: '',
    url: `${publicUrl}/api/v3/users/${encodeURIComponent(name)}`,
    html_url: `${publicUrl}/${encodeURIComponent(name)}`,
    type: name.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  };
}

export function repositoryObject(repository: RepositoryRow, publicUrl: string) {
  const fullName = `${repository.owner}/${repository.name}`;
  const htmlUrl = `${publicUrl}/${fullName}`;
  const url = `${publicUrl}/api/v3/repos/${fullName}`;
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName,
    private: true,
    visibility: 'private',
    owner: userObject(repository.owner, publicUrl),
    html_url: htmlUrl,
    description: null,
    fork: false,
    url,
    clone_url: `${htmlUrl}.git`,
    git_url: `${htmlUrl}.git`,
    ssh_url: '',
    default_branch: repository.default_branch,
    archived: false,
    disabled: false,
    created_at: repository.created_at,
    updated_at: repository.created_at,
    pushed_at: repository.created_at,
  };
}

/** GitHub's opaque global ids: unique over all kinds. */
export const nodeId = (kind: string, id: number): string => Buffer.from(`${kind}:${id}`).toString('base64url');
