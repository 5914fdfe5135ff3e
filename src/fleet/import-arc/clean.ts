/** What a cluster has written into an object, taken out again, so that what people wrote is left. Pure. */
import { type ArcMetadata, type ArcObject, at, type Fields, isFields } from './types.ts';

/** Of kubectl, helm, and ARC's own controllers and chart. */
const TOOL_ANNOTATIONS =
  /^(?:kubectl\.kubernetes\.io\/last-applied-configuration|meta\.helm\.sh\/.*|deployment\.kubernetes\.io\/.*|actions\.github\.com\/(?:cleanup-.*|values-hash|runner-group-name|runner-scale-set-name|.*-integrity-hash)|runner-scale-set-id|sync-time)$/;
const TOOL_LABELS =
  /^(?:helm\.sh\/chart|app\.kubernetes\.io\/(?:managed-by|version|instance)|runner-template-hash|runner-deployment-name)$/;

/** Everything beside status and what only that cluster knows. */
export function cleaned(object: ArcObject): ArcObject {
  const { status: _status, metadata, apiVersion, kind, ...content } = object;
  return { apiVersion, kind, metadata: cleanMetadata(metadata), ...withoutNulls(content) };
}

function cleanMetadata({ name, namespace, labels, annotations }: ArcMetadata): ArcMetadata {
  const kept = { labels: without(labels, TOOL_LABELS), annotations: without(annotations, TOOL_ANNOTATIONS) };
  return {
    name,
    ...(namespace && { namespace }),
    ...(kept.labels && { labels: kept.labels }),
    ...(kept.annotations && { annotations: kept.annotations }),
  };
}

function without(texts: Record<string, string> | undefined, names: RegExp): Record<string, string> | undefined {
  const kept = Object.entries(texts ?? {}).filter(([name]) => !names.test(name));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** An API server writes `creationTimestamp: null` into templates. */
function withoutNulls(fields: Fields): Fields {
  const kept = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.map(([name, value]) => [name, isFields(value) ? withoutNulls(value) : value]));
}

/** `kind/name` of what keeps the object, and will make it anew. */
export function ownerOf({ metadata }: ArcObject): string | undefined {
  const owners = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  const owner = owners.find((one) => at(one, 'controller') === true);
  return owner && `${String(at(owner, 'kind'))}/${String(at(owner, 'name'))}`;
}
