/**
 * Strategic merge patches, which kubectl sends for Kubernetes' own kinds. Of what those served here have, only two lists
 * of the metadata merge: finalizers as a set, owner references by uid. Every other list is replaced. Pure.
 */
import { isFields } from './requests.ts';

/** The member that identifies an item, by the list's name; undefined for a list of plain values. */
const MERGED_LISTS = new Map<string, string | undefined>([
  ['finalizers', undefined],
  ['ownerReferences', 'uid'],
]);

const DELETE_FROM = '$deleteFromPrimitiveList/';

export function strategicPatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Record<string, unknown> = isFields(target) && patch.$patch !== 'replace' ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM)) removeFrom(merged, key.slice(DELETE_FROM.length), value);
    // `$setElementOrder/…`, `$retainKeys` and `$patch`: order and unions matter to none of these kinds.
    else if (key.startsWith('$')) continue;
    else if (value === null || (isFields(value) && value.$patch === 'delete')) delete merged[key];
    else if (Array.isArray(value) && MERGED_LISTS.has(key)) {
      merged[key] = mergedList(merged[key], value, MERGED_LISTS.get(key));
    } else merged[key] = strategicPatch(merged[key], value);
  }
  return merged;
}

function removeFrom(object: Record<string, unknown>, list: string, values: unknown): void {
  const current = object[list];
  if (Array.isArray(current) && Array.isArray(values)) {
    object[list] = current.filter((value) => !values.includes(value));
  }
}

function mergedList(current: unknown, patch: unknown[], key: string | undefined): unknown[] {
  const list: unknown[] = Array.isArray(current) ? [...current] : [];
  const identity = (item: unknown): unknown => (key !== undefined && isFields(item) ? item[key] : item);
  for (const item of patch) {
    const at = list.findIndex((one) => identity(one) === identity(item));
    const isGone = isFields(item) && item.$patch === 'delete';
    if (isGone && at >= 0) list.splice(at, 1);
    else if (at >= 0) list[at] = strategicPatch(list[at], item);
    else if (!isGone) list.push(item);
  }
  return list;
}
