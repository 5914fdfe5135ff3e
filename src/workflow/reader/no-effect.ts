/** What is read and nothing here acts on: silence about it would pass for obedience. */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { PERMISSION_SCOPES } from '../model.ts';
import { isObjectToken, member, membersOf } from '../tokens.ts';
import type { Problems } from './problems.ts';

const SNAPSHOT = '`snapshot` has no effect: no images are made of runners here.';

/** Adds one warning for each key that has no effect, at its place. */
export function warnOfNoEffect(root: TemplateToken, warnings: Problems): void {
  warnOfScopes(member(root, 'permissions'), warnings);
  for (const { value } of membersOf(member(root, 'jobs'))) {
    warnOfScopes(member(value, 'permissions'), warnings);
    const snapshot = membersOf(value).find(({ name }) => name === 'snapshot');
    if (snapshot) warnings.add(SNAPSHOT, placeOf(snapshot.key));
  }
}

/** Scopes that GitHub has for products of its own; what they guard is not here. */
function warnOfScopes(permissions: TemplateToken, warnings: Problems): void {
  const known: readonly string[] = PERMISSION_SCOPES;
  for (const { name, key } of membersOf(permissions)) {
    if (known.includes(name)) continue;
    warnings.add(`The permission \`${name}\` has no effect: nothing here is guarded by it.`, placeOf(key));
  }
}

const placeOf = (key: TemplateToken) => (isObjectToken(key) ? key : null);
