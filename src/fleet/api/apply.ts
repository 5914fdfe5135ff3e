/** Merge patches and server-side apply. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { contentOf } from '../resources/admission.ts';
import { asJson } from '../resources/json.ts';
import type { Content } from '../resources/kind.ts';
import type { FieldSet, ManagedFields, StoredObject } from '../resources/object.ts';
import { isFields } from './requests.ts';
import { ApplyConflict } from './status.ts';

/** RFC 7396: null removes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Content = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** What a manager says about an object: the parts that apply tracks. */
export interface AppliedConfiguration {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** `spec`, or what the kind has in its place. */
  content: Content;
}

export interface AppliedObject extends AppliedConfiguration {
  managedFields: ManagedFields[];
}

export interface Applier extends Pick<ManagedFields, 'manager' | 'apiVersion' | 'time'> {
  /** Takes over what other appliers own. */
  force: boolean;
}

/**
 * Server-side apply, simplified: a manager owns labels, annotations and the fields right below `spec` (or what the kind
 * has in its place), each as a whole. What it no longer sends is removed, what others own stays; a field that another
 * applier owns with another value is a conflict. What is written in other ways, such as an autoscaler's `replicas`, has
 * no owner and survives an apply that does not mention it.
 * @throws ApplyConflict unless forced
 */
export function applyConfiguration(
  existing: StoredObject | undefined,
  applied: AppliedConfiguration,
  { manager, apiVersion, time, force }: Applier,
): AppliedObject {
  const entries = existing?.metadata.managedFields ?? [];
  const before = entries.find((entry) => entry.manager === manager);
  const others = entries.filter((entry) => entry.manager !== manager);
  const fieldsV1 = fieldSet(applied);
  const contested = existing ? contestedFields(existing, applied, fieldsV1, others) : [];
  if (contested.length > 0 && !force) throw new ApplyConflict(contested);
  const entry: ManagedFields = {
    manager,
    operation: 'Apply',
    apiVersion,
    time: before && isDeepStrictEqual(before.fieldsV1, fieldsV1) ? before.time : time,
    fieldsType: 'FieldsV1',
    fieldsV1,
  };
  const owned = before?.fieldsV1;
  const metadata = owned?.['f:metadata'];
  const { labels, annotations } = existing?.metadata ?? {};
  return {
    labels: replaceOwned(labels, applied.labels, metadata?.['f:labels']),
    annotations: replaceOwned(annotations, applied.annotations, metadata?.['f:annotations']),
    content: replaceContent(existing ? contentOf(existing) : {}, applied.content, owned),
    managedFields: [...others.map((other) => withoutContested(other, contested)), entry],
  };
}

function replaceOwned<T>(
  existing: Record<string, T> | undefined,
  applied: Record<string, T>,
  owned: FieldSet | undefined,
): Record<string, T> {
  const kept = Object.entries(existing ?? {}).filter(([key]) => !owned?.[`f:${key}`]);
  return { ...Object.fromEntries(kept), ...applied };
}

function replaceContent(existing: Content, applied: Content, owned: FieldSet | undefined): Content {
  const content: Content = {};
  for (const name of new Set([...Object.keys(existing), ...Object.keys(applied)])) {
    const [old, sent, own] = [existing[name], applied[name], owned?.[`f:${name}`]];
    if (isFields(sent)) content[name] = replaceOwned(isFields(old) ? old : {}, sent, own);
    else if (sent !== undefined) content[name] = sent;
    else if (!own) content[name] = old;
    else if (isFields(old)) content[name] = replaceOwned(old, {}, own);
  }
  return content;
}

const keysOf = (object: object): FieldSet =>
  Object.fromEntries(Object.keys(object).map((key) => [`f:${key}` as const, {}]));

function fieldSet({ labels, annotations, content }: AppliedConfiguration): FieldSet {
  const metadata: FieldSet = {};
  // A leaf is owned as a whole, so an empty map must not become one.
  if (Object.keys(labels).length > 0) metadata['f:labels'] = keysOf(labels);
  if (Object.keys(annotations).length > 0) metadata['f:annotations'] = keysOf(annotations);
  const fields: FieldSet = { 'f:metadata': metadata };
  for (const [name, value] of Object.entries(content)) fields[`f:${name}`] = isFields(value) ? keysOf(value) : {};
  return fields;
}

interface ContestedField {
  manager: string;
  /** Such as `.spec.replicas`. */
  field: string;
  path: string[];
}

/** Fields that another applier owns too, and to which this one gives another value than they have. */
function contestedFields(
  existing: StoredObject,
  { labels, annotations, content }: AppliedConfiguration,
  fields: FieldSet,
  others: ManagedFields[],
): ContestedField[] {
  const wanted = { ...content, metadata: { labels, annotations } };
  return leavesOf(fields).flatMap((path) => {
    const isEmptyMap = path.length === 1 && isFields(at(wanted, path));
    if (isEmptyMap || isDeepStrictEqual(asJson(at(existing, path)), asJson(at(wanted, path)))) return [];
    const owners = others.filter(
      ({ fieldsV1 }) =>
        at(
          fieldsV1,
          path.map((name) => `f:${name}`),
        ) !== undefined,
    );
    return owners.map(({ manager }) => ({ manager, field: `.${path.join('.')}`, path }));
  });
}

function leavesOf(fields: FieldSet): string[][] {
  return Object.entries(fields).flatMap(([key, below]) => {
    const name = key.slice('f:'.length);
    const leaves = leavesOf(below);
    return leaves.length === 0 ? [[name]] : leaves.map((leaf) => [name, ...leaf]);
  });
}

function withoutContested(entry: ManagedFields, contested: ContestedField[]): ManagedFields {
  const lost = contested.filter(({ manager }) => manager === entry.manager);
  if (lost.length === 0) return entry;
  const fieldsV1 = structuredClone(entry.fieldsV1);
  for (const { path } of lost) {
    const parent = at(
      fieldsV1,
      path.slice(0, -1).map((name) => `f:${name}`),
    ) as Content;
    delete parent[`f:${path.at(-1)}`];
  }
  return { ...entry, fieldsV1 };
}

function at(object: unknown, path: string[]): unknown {
  let value = object;
  for (const name of path) value = isFields(value) ? value[name] : undefined;
  return value;
}
