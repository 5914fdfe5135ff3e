import { BoundedMap } from '../../common/bounded-map.ts';
import { userId } from '../../common/ids.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { keepJson } from '../kept-json.ts';
import { repositoryUrls, userUrls } from './object-urls.ts';

/** GitHub's objects that more than one surface shows. Fields that nothing here could fill are null, 0 or empty. */

/** Users, and repositories, whose objects are kept: about 10 KB each. */
const MAX_KEPT = 500;

/** The same object for the same user: most answers show some, with two dozen addresses each. Not to be changed. */
export function userObject(name: string, publicUrl: string): Readonly<UserObject> {
  const key = `${publicUrl} ${name}`;
  const known = users.get(key) ?? keepJson(newUserObject(name, publicUrl));
  users.set(key, known);
  return known;
}

type UserObject = ReturnType<typeof newUserObject>;
const users = new BoundedMap<string, UserObject>(MAX_KEPT);

function newUserObject(name: string, publicUrl: string) {
  const id = userId(name);
  const url = `${publicUrl}/api/v3/users/${encodeURIComponent(name)}`;
  return {
    login: name,
    id,
    node_id: nodeId('User', id),
    avatar_url: `${publicUrl}/avatars/u/${id}`,
    gravatar_id: '',
    url,
    html_url: `${publicUrl}/${encodeURIComponent(name)}`,
    ...userUrls(url),
    type: name.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  };
}

/** GitHub's `repository`, with all that its full form and the events show. Kept as users are. */
export function repositoryObject(row: RepositoryRow, publicUrl: string): Readonly<RepositoryObject> {
  // All of the row that is shown.
  const key = `${publicUrl} ${row.id} ${row.owner}/${row.name} ${row.default_branch} ${row.created_at}`;
  const known = repositories.get(key) ?? keepJson(newRepositoryObject(row, publicUrl));
  repositories.set(key, known);
  return known;
}

type RepositoryObject = ReturnType<typeof newRepositoryObject>;
const repositories = new BoundedMap<string, RepositoryObject>(MAX_KEPT);

function newRepositoryObject(
  repository: Pick<RepositoryRow, 'id' | 'owner' | 'name' | 'default_branch' | 'created_at'>,
  publicUrl: string,
) {
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
    ...repositoryUrls(url),
    clone_url: `${htmlUrl}.git`,
    git_url: `${htmlUrl}.git`,
    ssh_url: '',
    svn_url: htmlUrl,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    default_branch: repository.default_branch,
    archived: false,
    disabled: false,
    is_template: false,
    topics: [],
    custom_properties: {},
    web_commit_signoff_required: false,
    ...COUNTS,
    ...FEATURES,
    created_at: repository.created_at,
    updated_at: repository.created_at,
    pushed_at: repository.created_at,
  };
}

const COUNTS = {
  forks: 0,
  forks_count: 0,
  network_count: 0,
  open_issues: 0,
  open_issues_count: 0,
  size: 0,
  stargazers_count: 0,
  subscribers_count: 0,
  watchers: 0,
  watchers_count: 0,
};

const FEATURES = {
  allow_forking: false,
  has_discussions: false,
  has_downloads: false,
  has_issues: false,
  has_pages: false,
  has_projects: false,
  has_wiki: false,
};

/** GitHub's opaque global ids: unique over all kinds. */
export const nodeId = (kind: string, id: number): string => Buffer.from(`${kind}:${id}`).toString('base64url');
