/** What `kubectl get` asks for: rows of cells instead of objects (fleet-semantics 1.9). */
import { z } from 'zod';
import type { Column } from '../resources/kind.ts';
import type { StoredObject } from '../resources/object.ts';

/** True when the client's first choice is a Table. */
export const wantsTable = (accept: string | undefined): boolean =>
  /^application\/json;\s*as=Table;\s*v=v1;\s*g=meta\.k8s\.io/.test(accept ?? '');

/** How much of each object comes with its row. */
export const IncludedObject = z.enum(['None', 'Metadata', 'Object']);

export interface TableOptions {
  /** Of the list that it shows. */
  metadata: { resourceVersion: string };
  nowMs: number;
  included: z.infer<typeof IncludedObject>;
}

export function table(objects: StoredObject[], columns: Column[], { metadata, nowMs, included }: TableOptions) {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      ...columns.map(({ name, type, isWide }) => ({
        name,
        type,
        format: '',
        description: '',
        priority: isWide ? 1 : 0,
      })),
    ],
    rows: objects.map((object) => ({
      cells: [object.metadata.name, ...columns.map((column) => cell(object, column, nowMs))],
      ...includedObject(object, included),
    })),
  };
}

function includedObject(object: StoredObject, included: TableOptions['included']): object {
  if (included === 'None') return {};
  if (included === 'Object') return { object };
  return { object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata } };
}

function cell(object: StoredObject, { type, path, counts }: Column, nowMs: number): string | number | null {
  let value: unknown = object;
  for (const part of path) value = (value as Record<string, unknown> | undefined)?.[part];
  if (counts) return Object.keys(value ?? {}).length;
  if (value === undefined || value === null) return type === 'integer' ? null : '';
  if (type === 'date') return age(nowMs - Date.parse(String(value)));
  if (type === 'integer') return Number(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Kubernetes' short durations: two units while they say something, then one. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return both(days, 'd', hours % 24, 'h');
  return days < 730 ? `${days}d` : both(Math.floor(days / 365), 'y', days % 365, 'd');
}

const both = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
