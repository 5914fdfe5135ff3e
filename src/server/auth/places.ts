/** Where somebody may do something: the whole server, an owner of repositories, or one repository. */
import { UserError } from '../../common/errors.ts';

/** `*`, `owner` or `owner/name`, in lower case: GitHub's names ignore case. */
export type Place = string;

/** The whole server, which GitHub's words call the enterprise. */
export const EVERYWHERE: Place = '*';

export const ownerPlace = (owner: string): Place => owner.toLowerCase();
export const repositoryPlace = ({ owner, name }: { owner: string; name: string }): Place =>
  `${owner}/${name}`.toLowerCase();

/** Whether what is allowed in `outer` is allowed in `inner`. */
export const covers = (outer: Place, inner: Place): boolean =>
  outer === EVERYWHERE || outer === inner || inner.startsWith(`${outer}/`);

/**
 * The place that a route's parameters name.
 * @returns undefined when they name none
 * @throws UserError 404 for a name that no place can have: an encoded slash would make an owner look like a repository
 */
export function placeInPath(params: unknown): Place | undefined {
  const { owner, repo, org, enterprise } = (params ?? {}) as Record<string, string | undefined>;
  if (owner !== undefined && repo !== undefined) return `${segment(owner)}/${segment(repo)}`;
  if (org !== undefined) return segment(org);
  return enterprise === undefined ? undefined : EVERYWHERE;
}

/** Whether the pattern of a route names a place. */
export const hasPlace = (url: string): boolean =>
  (/\/:owner\b/.test(url) && /\/:repo\b/.test(url)) || /\/:(org|enterprise)\b/.test(url);

function segment(name: string): string {
  if (/^[^/*]+$/.test(name)) return name.toLowerCase();
  throw new UserError('not-found', 'Not Found', { status: 404 });
}

/**
 * A place as a person writes it.
 * @throws UserError 422
 */
export function parsePlace(text: string): Place {
  const name = '[A-Za-z0-9][A-Za-z0-9._-]{0,99}';
  if (text === EVERYWHERE || new RegExp(`^${name}(/${name})?$`).test(text)) return text.toLowerCase();
  throw new UserError('bad-place', `"${text.slice(0, 100)}" is no place.`, {
    hint: 'Give OWNER/NAME for a repository, OWNER for all of an owner, or * for the whole server.',
  });
}
