import type { ServerResponse } from 'node:http';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { StoredObject } from '../resources/object.ts';
import type { ResourceStore, StoreEvent } from '../store/resource-store.ts';
import type { ObjectFilter } from './selectors.ts';
import { statusOf } from './status.ts';

export interface WatchRequest {
  plural: string;
  namespace: string | undefined;
  filter: ObjectFilter;
  /** Changes after this version; without one the current objects come first. */
  since: number | undefined;
  /** The client wants a mark after the current objects. */
  marksInitialEnd: boolean;
  /** What the client wants to be told versions as, now and then, so that it can go on from there. */
  bookmark: { kind: string; apiVersion: string } | undefined;
  timeoutMs: number;
  /** How an object is written: itself, or a table of one row. */
  show: (object: StoredObject) => unknown;
}

/** As often as the Kubernetes API sends them. */
const BOOKMARK_MS = 60_000;

/** A reader that falls this far behind is cut off; it lists again. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Sends changes as JSON lines until the client leaves, the time is over, or `end` of the returned function is called. */
export function watch(
  store: ResourceStore,
  clock: Clock,
  request: WatchRequest,
  response: ServerResponse,
): { end(): void } {
  const { filter, plural, namespace, show } = request;
  const send = (type: string, object: unknown): void => {
    if (response.writableEnded) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy();
  };
  const missed = request.since === undefined ? [] : store.changesSince(request.since);
  const listed = request.since === undefined ? [] : store.list(plural, namespace);
  const selected = new Selected(filter, [...listed, ...changedObjects(missed ?? [])]);
  const tell = ({ type, plural: changed, object }: StoreEvent): void => {
    const isOurs = changed === plural && (namespace === undefined || object.metadata.namespace === namespace);
    const shown = isOurs ? selected.typeOf(type, object) : undefined;
    if (shown) send(shown, show(object));
  };
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
  response.flushHeaders();
  const stop = store.onChange(tell);
  const cancel = clock.after(request.timeoutMs, () => response.end());
  const { bookmark } = request;
  const stopMarking = bookmark
    ? every(clock, BOOKMARK_MS, () => send('BOOKMARK', mark(bookmark, store.version)))
    : stop;
  response.once('close', () => {
    stop();
    cancel();
    stopMarking();
  });
  if (request.since === undefined) {
    for (const object of store.list(plural, namespace)) tell({ type: 'ADDED', plural, object });
    if (request.marksInitialEnd) send('BOOKMARK', initialEnd(bookmark, store.version));
  } else {
    for (const event of missed ?? []) tell(event);
    if (!missed) {
      send('ERROR', statusOf(new UserError('expired', `too old resource version: ${request.since}`, { status: 410 })));
      response.end();
    }
  }
  return { end: () => response.end() };
}

/** What a selector lets through: an object that comes to match it is added for the watcher, one that ceases is deleted. */
class Selected {
  readonly #filter: ObjectFilter;
  readonly #uids: Set<string>;

  /** @param known what the watcher has listed already */
  constructor(filter: ObjectFilter, known: StoredObject[]) {
    this.#filter = filter;
    this.#uids = new Set(known.filter(filter).map(({ metadata }) => metadata.uid));
  }

  typeOf(type: StoreEvent['type'], object: StoredObject): StoreEvent['type'] | undefined {
    const { uid } = object.metadata;
    const was = this.#uids.has(uid);
    if (type === 'DELETED' || !this.#filter(object)) {
      this.#uids.delete(uid);
      return was || (type === 'DELETED' && this.#filter(object)) ? 'DELETED' : undefined;
    }
    this.#uids.add(uid);
    return type === 'MODIFIED' && !was ? 'ADDED' : type;
  }
}

/** What was there before these events, as far as they tell. */
function changedObjects(events: StoreEvent[]): StoredObject[] {
  const added = new Set(events.filter(({ type }) => type === 'ADDED').map(({ object }) => object.metadata.uid));
  return events.map(({ object }) => object).filter(({ metadata }) => !added.has(metadata.uid));
}

const mark = (type: WatchRequest['bookmark'], resourceVersion: string, annotations?: Record<string, string>) => ({
  ...type,
  metadata: { resourceVersion, ...(annotations ? { annotations } : {}) },
});

const initialEnd = (type: WatchRequest['bookmark'], resourceVersion: string) =>
  mark(type, resourceVersion, { 'k8s.io/initial-events-end': 'true' });

function every(clock: Clock, periodMs: number, tell: () => void): () => void {
  let cancel = (): void => undefined;
  const plan = (): void => {
    cancel = clock.after(periodMs, () => {
      plan();
      tell();
    });
  };
  plan();
  return () => cancel();
}
