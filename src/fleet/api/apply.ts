/** Merge patch and server-side apply. */
import { isDeepStrictEqual } from 'node:util';
import type { FieldSet, ManagedFields, StoredObject } from '../resources/object.ts';

type Fields = Record<string, unknown>;

/** RFC 7396: null removes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Fields = isObject(target) ? { ...target } : {};
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
  spec: Fields;
}

export interface AppliedObject extends AppliedConfiguration {
  managedFields: ManagedFields[];
}

/**
 * Server-side apply, simplified: a manager owns labels, annotations and the fields right below `spec`, each as a whole.
 * What it no longer sends is removed, what others own stays, and of two managers of one field the last one wins - so an
 * autoscaler's `replicas` survives an apply that does not mention it. Pure.
 */
export function applyConfiguration(
  existing: StoredObject | undefined,
  applied: AppliedConfiguration,
  { manager, apiVersion, time }: Pick<ManagedFields, 'manager' | 'apiVersion' | 'time'>,
): AppliedObject {
  const entries = existing?.metadata.managedFields ?? [];
  const before = entries.find((entry) => entry.manager === manager);
  const fieldsV1 = fieldSet(applied);
  const entry: ManagedFields = {
    manager,
    operation: 'Apply',
    apiVersion,
    time: before && isDeepStrictEqual(before.fieldsV1, fieldsV1) ? before.time : time,
    fieldsType: 'FieldsV1',
    fieldsV1,
  };
  const metadata = before?.fieldsV1['f:metadata'];
  return {
    labels: replaceOwned(existing?.metadata.labels, applied.labels, metadata?.['f:labels']),
    annotations: replaceOwned(existing?.metadata.annotations, applied.annotations, metadata?.['f:annotations']),
    spec: replaceOwned(existing?.spec as Fields | undefined, applied.spec, before?.fieldsV1['f:spec']),
    managedFields: [...entries.filter((other) => other.manager !== manager), entry],
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

function fieldSet({ labels, annotations, spec }: AppliedConfiguration): FieldSet {
  const keys = (object: object): FieldSet => Object.fromEntries(Object.keys(object).map((key) => [`f:${key}`, {}]));
  return {
    'f:metadata': { 'f:labels': keys(labels), 'f:annotations': keys(annotations) },
    'f:spec': keys(spec),
  };
}

const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
