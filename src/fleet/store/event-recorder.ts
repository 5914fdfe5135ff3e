import type { Clock } from '../../common/clock.ts';
import { sha256Hex } from '../../common/ids.ts';
import type { OwnerReference, StoredObject } from '../resources/object.ts';
import type { ResourceStore } from './resource-store.ts';

export type EventType = 'Normal' | 'Warning';

/** A core/v1 Event; the same one again only raises its count. */
export interface EventObject extends StoredObject {
  involvedObject: { apiVersion: string; kind: string; namespace: string; name: string; uid: string };
  type: EventType;
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: { component: string };
}

/** As long as Kubernetes keeps them. */
const KEPT_MS = 60 * 60 * 1_000;
const MAX_EVENTS = 2_000;
/** Kubernetes' limit for an event's text. */
const MAX_MESSAGE = 1_024;

/** What happened to resources, for `describe` and people who ask why. */
export class EventRecorder {
  readonly #store: ResourceStore;
  readonly #clock: Clock;

  constructor(store: ResourceStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @param component the controller that speaks (fleet-semantics 1.11) */
  record(about: StoredObject, type: EventType, reason: string, message: string, component: string): void {
    const { apiVersion, kind, metadata } = about;
    const subject = { apiVersion, kind, name: metadata.name, uid: metadata.uid };
    this.recordFor(subject, metadata.namespace, type, reason, message, component);
  }

  /** The same for an object that is only known by reference. */
  recordFor(
    { apiVersion, kind, name, uid }: OwnerReference,
    namespace: string,
    type: EventType,
    reason: string,
    message: string,
    component: string,
  ): void {
    const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
    const eventName = `${name}.${sha256Hex(JSON.stringify([uid, type, reason, text])).slice(0, 16)}`;
    const at = new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const known = this.#store.find({ plural: 'events', namespace, name: eventName }) as EventObject | undefined;
    if (known) {
      this.#store.update('events', { ...known, count: known.count + 1, lastTimestamp: at });
      return;
    }
    this.#store.create('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName, namespace },
      involvedObject: { apiVersion, kind, namespace, name, uid },
      type,
      reason,
      message: text,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
    });
  }

  /** Removes what is too old or too much. */
  prune(): void {
    const events = this.#store.list('events') as EventObject[];
    const oldest = this.#clock.now() - KEPT_MS;
    const byAge = events.toSorted((a, b) => Date.parse(b.lastTimestamp) - Date.parse(a.lastTimestamp));
    for (const [index, { metadata, lastTimestamp }] of byAge.entries()) {
      if (index < MAX_EVENTS && Date.parse(lastTimestamp) >= oldest) continue;
      this.#store.delete({ plural: 'events', namespace: metadata.namespace, name: metadata.name });
    }
  }
}
