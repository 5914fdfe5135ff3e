import type { Explanation, FleetJobExplanation, PoolExplanation } from '../../protocol/dashboard/index.ts';
import { fleetQuestion } from '../../workflow/routing.ts';
import type { Endpoint } from './endpoints.ts';
import { FleetKinds, type Kind } from './fleet-kinds.ts';
import { HttpClient } from './http.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const FIELD_MANAGER = 'switchyard';

/** Any resource, as far as the commands look into it. */
export interface Resource {
  apiVersion?: string;
  kind: string;
  metadata: ResourceMetadata;
  spec?: unknown;
  status?: { conditions?: Condition[]; [field: string]: unknown };
}

export interface ResourceMetadata {
  name: string;
  namespace?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { kind: string; name: string }[];
  managedFields?: unknown;
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

export interface ResourceEvent {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  lastTimestamp?: string;
  involvedObject?: { kind?: string; name?: string };
}

/** meta.k8s.io/v1 Table */
export interface Table {
  columnDefinitions?: { name: string; priority?: number }[];
  rows?: { cells: unknown[] }[];
  metadata?: { resourceVersion?: string };
}

export interface Applied {
  outcome: 'created' | 'configured' | 'unchanged';
  warnings: string[];
}

/** What the commands ask of a fleet's Kubernetes-shaped API. */
export class FleetClient {
  readonly #http: HttpClient;
  readonly #namespace: string;
  #kinds: Promise<FleetKinds> | undefined;

  constructor(endpoint: Endpoint, namespace: string) {
    this.#http = new HttpClient(endpoint);
    this.#namespace = namespace;
  }

  /** What the fleet serves; asked once. */
  kinds(signal?: AbortSignal): Promise<FleetKinds> {
    this.#kinds ??= FleetKinds.discover(this.#http, signal);
    return this.#kinds;
  }

  /** Server-side apply. @throws RefusedObject with the fields that are wrong */
  async apply(kind: Kind, resource: Resource, signal?: AbortSignal): Promise<Applied> {
    const { name, namespace } = resource.metadata;
    const path = this.#path(kind, name, namespace);
    const before = await this.#find(path, signal);
    const response = await this.#http.send(`${path}?fieldManager=${FIELD_MANAGER}&force=true`, {
      method: 'PATCH',
      text: JSON.stringify(resource),
      headers: { 'content-type': 'application/apply-patch+yaml' },
      signal,
    });
    const after: Resource = JSON.parse(await response.text());
    const isSame = before?.metadata.resourceVersion === after.metadata.resourceVersion;
    return { outcome: before ? (isSame ? 'unchanged' : 'configured') : 'created', warnings: warningsOf(response) };
  }

  get(kind: Kind, name: string): Promise<Resource> {
    return this.#http.json(this.#path(kind, name));
  }

  list(kind: Kind): Promise<{ items: Resource[] }> {
    return this.#http.json(this.#path(kind));
  }

  table(kind: Kind, name?: string): Promise<Table> {
    return this.#http.json(this.#path(kind, name), { headers: { accept: TABLE } });
  }

  /** Changes after `resourceVersion`, as tables of one row. Ends when the server closes it or `signal` aborts. */
  async *watch(
    kind: Kind,
    options: { name?: string; resourceVersion: string; signal: AbortSignal },
  ): AsyncGenerator<Table> {
    const { name, resourceVersion, signal } = options;
    const words = new URLSearchParams({ watch: 'true', resourceVersion });
    if (name) words.set('fieldSelector', `metadata.name=${name}`);
    const response = await this.#http.send(`${this.#path(kind)}?${words}`, { headers: { accept: TABLE }, signal });
    for await (const line of linesOf(response.body ?? [])) yield JSON.parse(line).object;
  }

  async delete(kind: Kind, name: string, namespace?: string): Promise<void> {
    await this.#http.send(this.#path(kind, name, namespace), { method: 'DELETE' });
  }

  /** Of a pool of runners in the namespace. */
  poolExplanation(name: string): Promise<PoolExplanation> {
    const path = [this.#namespace, name].map(encodeURIComponent).join('/');
    return this.#http.json(`/explain/pools/${path}`);
  }

  /** Why a job of a server has no runner yet, as far as the fleet knows. */
  jobExplanation(id: number, asks: NonNullable<Explanation['asks']>): Promise<FleetJobExplanation> {
    return this.#http.json(fleetQuestion(id, asks));
  }

  /** Of one object, oldest first. */
  async events({ kind, metadata }: Resource): Promise<ResourceEvent[]> {
    const namespace = encodeURIComponent(metadata.namespace ?? this.#namespace);
    const selector = new URLSearchParams({
      fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${metadata.name}`,
    });
    const path = `/api/v1/namespaces/${namespace}/events?${selector}`;
    const { items } = await this.#http.json<{ items: ResourceEvent[] }>(path);
    const own = items.filter(
      ({ involvedObject }) => involvedObject?.name === metadata.name && involvedObject.kind === kind,
    );
    return own.sort((a, b) => (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? ''));
  }

  async #find(path: string, signal?: AbortSignal): Promise<Resource | undefined> {
    return this.#http.json<Resource>(path, { signal }).catch((error: unknown) => {
      if (error instanceof Error && 'status' in error && error.status === 404) return undefined;
      throw error;
    });
  }

  #path({ base, plural, isNamespaced }: Kind, name?: string, namespace = this.#namespace): string {
    const place = isNamespaced ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    const collection = `${base}${place}/${plural}`;
    return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
  }
}

/** `Warning: 299 - "text"` (RFC 7234 5.5), several joined by commas. */
export function warningsOf(response: Response): string[] {
  const header = response.headers.get('warning') ?? '';
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}

async function* linesOf(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) yield line;
  }
}
