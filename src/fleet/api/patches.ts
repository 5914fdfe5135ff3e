/** The kinds of patch, by the content type that a client names. */
import { UserError } from '../../common/errors.ts';
import { type ApiGroup, CORE_GROUP, type StoredObject } from '../resources/object.ts';
import { mergePatch } from './apply.ts';
import { jsonPatch } from './json-patch.ts';
import { isFields } from './requests.ts';
import { badRequest } from './status.ts';
import { strategicPatch } from './strategic-patch.ts';

export const APPLY_TYPE = 'application/apply-patch+yaml';
const MERGE_TYPE = 'application/merge-patch+json';
const JSON_TYPE = 'application/json-patch+json';
const STRATEGIC_TYPE = 'application/strategic-merge-patch+json';

/**
 * `existing` with a patch of any type but apply. As in Kubernetes, only its own kinds take strategic merge patches.
 * @throws UserError 415 for another type, 400 or 422 for a patch that cannot be used
 */
export function patched(existing: StoredObject, type: string, body: unknown, group: ApiGroup): Record<string, unknown> {
  const result = patchedValue(existing, type, body, group);
  if (isFields(result)) return result;
  throw badRequest('The patch leaves no object.');
}

function patchedValue(existing: StoredObject, type: string, body: unknown, group: ApiGroup): unknown {
  if (type === JSON_TYPE) return jsonPatch(existing, body);
  if (!isFields(body)) throw badRequest('The body must be an object.');
  if (type === MERGE_TYPE) return mergePatch(existing, body);
  if (type === STRATEGIC_TYPE && group === CORE_GROUP) return strategicPatch(existing, body);
  const types = [MERGE_TYPE, JSON_TYPE, ...(group === CORE_GROUP ? [STRATEGIC_TYPE] : []), APPLY_TYPE];
  throw new UserError('unsupported-media-type', `Patches of type "${type}" are not supported.`, {
    status: 415,
    hint: `Use one of ${types.join(', ')}.`,
  });
}
