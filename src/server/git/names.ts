import { UserError } from '../../common/errors.ts';

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** First segments of the server's own paths; an owner of that name could not be reached. */
const RESERVED = new Set([
  'api',
  'apis',
  'assets',
  'avatars',
  'blobs',
  'broker',
  'cache',
  'feed',
  'idtoken',
  'jobs',
  'login',
  'metrics',
  'oauth',
  'orgs',
  'run',
  'runners',
  'runs',
  'settings',
  'switchyard',
  'twirp',
  'users',
  'webhooks',
]);

/** Owners whose other repositories people want to have here: `actions/checkout` and the like. */
const RESERVED_PAIRS = new Set(['actions/build']);

/**
 * Checks a repository's name as it comes from outside; it becomes part of a path.
 * @throws UserError 422
 */
export function checkRepositoryName(owner: string, name: string): void {
  const isReserved = RESERVED.has(owner.toLowerCase()) || RESERVED_PAIRS.has(`${owner}/${name}`.toLowerCase());
  if (isName(owner) && isName(name) && !isReserved) return;
  throw new UserError('bad-repository-name', `"${owner}/${name}" cannot be the name of a repository.`, {
    hint: 'Use letters, digits, ".", "_" and "-", starting with a letter or digit, and an owner that is no path of the server.',
  });
}

function isName(segment: string): boolean {
  return SEGMENT.test(segment) && !segment.includes('..') && !/\.git$/i.test(segment);
}
