import type { Clock } from '../../common/clock.ts';
import type { Notice, Notifier } from '../../common/notifications/index.ts';
import type { Closable } from '../../common/shutdown.ts';
import { type AutoscalingRunnerSet, maxRunnersOf, minRunnersOf } from '../resources/autoscaling-runner-set.ts';
import type { HorizontalRunnerAutoscaler } from '../resources/horizontal-runner-autoscaler.ts';
import { controllerOf, keyText, type ObjectKey, pluralOf, type StoredObject } from '../resources/object.ts';
import type { EventObject } from '../store/event-recorder.ts';
import type { ResourceStore, StoreEvent } from '../store/resource-store.ts';

/** A pool may be as big as it may get for this long before people are told. */
const AT_MAX_MS = 15 * 60_000;

export interface FleetNoticesOptions {
  store: ResourceStore;
  tell: (notice: Notice) => void;
  clock: Clock;
}

/** Tells through `notifier`, and closes it too; without one it does nothing. */
export function noticesTo(notifier: Notifier | undefined, parts: Omit<FleetNoticesOptions, 'tell'>): Closable {
  if (!notifier) return { close: async () => {} };
  const notices = new FleetNotices({ ...parts, tell: (notice) => notifier.tell(notice) });
  return {
    close() {
      notices.close();
      return notifier.close();
    },
  };
}

const AUTOSCALERS = 'horizontalrunnerautoscalers';
const SCALE_SETS = 'autoscalingrunnersets';

/**
 * What the fleet knows that people may want to be told: its own warnings by pool, pools that stay as big as they may
 * get, and schedules that change. Reads what is written into the store, so that nobody has to think of it.
 */
export class FleetNotices {
  readonly #options: FleetNoticesOptions;
  readonly #stop: () => void;
  /** Text of each autoscaler's schedule, by key. */
  readonly #schedules = new Map<string, string>();
  /** Reasons of the warnings about each pool that have not ended. */
  readonly #open = new Map<string, Set<string>>();
  /** Ends the wait of each pool that is as big as it may get; it stays here until the pool is smaller again. */
  readonly #atMax = new Map<string, () => void>();

  constructor(options: FleetNoticesOptions) {
    this.#options = options;
    for (const plural of [AUTOSCALERS, SCALE_SETS]) {
      for (const object of options.store.list(plural)) this.#look(plural, object);
    }
    this.#stop = options.store.onChange((change) => this.#changed(change));
  }

  close(): void {
    this.#stop();
    for (const cancel of this.#atMax.values()) cancel();
    this.#atMax.clear();
  }

  #changed({ type, plural, object }: StoreEvent): void {
    if (type === 'DELETED') this.#forget(plural, object);
    else if (plural === 'events') this.#happened(object as EventObject);
    else if (plural === AUTOSCALERS || plural === SCALE_SETS) this.#look(plural, object);
  }

  #happened(event: EventObject): void {
    const pool = this.#poolOf(event.involvedObject);
    if (event.type === 'Warning') this.#warned(pool, event);
    else this.#recovered(pool, event);
  }

  #warned(pool: string, event: EventObject): void {
    this.#open.set(pool, new Set(this.#open.get(pool)).add(event.reason));
    this.#options.tell({
      kind: 'troubles',
      subject: `pool:${pool}`,
      state: event.reason,
      title: `${pool}: ${REASONS[event.reason] ?? event.reason}`,
      text: event.message,
      isGood: false,
      pool,
    });
  }

  /** Told only to whom the trouble was told. */
  #recovered(pool: string, { reason, message }: EventObject): void {
    const end = ENDS[reason];
    const open = this.#open.get(pool);
    const ended = end?.of.filter((trouble) => open?.delete(trouble)) ?? [];
    if (!end || ended.length === 0) return;
    if (open?.size === 0) this.#open.delete(pool);
    this.#options.tell({
      kind: 'troubles',
      subject: `pool:${pool}`,
      state: reason,
      title: `${pool}: ${end.title}`,
      text: message,
      isGood: true,
      pool,
    });
  }

  #look(plural: string, object: StoredObject): void {
    const key = keyOf(plural, object);
    if (plural === AUTOSCALERS) this.#lookAtSchedule(key, object as HorizontalRunnerAutoscaler);
    const isAtMax = plural === AUTOSCALERS ? isScaledToMax(object) : isSetAtMax(object);
    const waiting = this.#atMax.get(key);
    if (isAtMax && !waiting) this.#atMax.set(key, this.#waitAtMax(object));
    if (isAtMax || !waiting) return;
    waiting();
    this.#atMax.delete(key);
  }

  #waitAtMax(object: StoredObject): () => void {
    const pool = shownName(object.metadata);
    return this.#options.clock.after(AT_MAX_MS, () =>
      this.#options.tell({
        kind: 'troubles',
        subject: `pool:${pool}`,
        state: 'MaximumReached',
        title: `${pool}: as many runners as there may be, for ${AT_MAX_MS / 60_000} minutes`,
        text: 'Jobs may have to wait. `switchyard explain pool/NAME` says which.',
        isGood: false,
        pool,
      }),
    );
  }

  #lookAtSchedule(key: string, { metadata, status }: HorizontalRunnerAutoscaler): void {
    // Not looked at yet: what its schedule begins with is no change.
    if (!status) return;
    const { scheduledOverridesSummary: text = '', nextScheduledChange: next } = status;
    const before = this.#schedules.get(key);
    this.#schedules.set(key, text);
    if (before === undefined || before === text) return;
    const pool = shownName(metadata);
    this.#options.tell({
      kind: 'schedules',
      subject: `pool:${pool}`,
      state: text || 'none',
      title: `${pool}: ${text ? `the schedule is now ${text}` : 'no schedule is left'}`,
      text: next ? `Next: ${next}` : '',
      isGood: true,
      pool,
    });
  }

  #forget(plural: string, object: StoredObject): void {
    const key = keyOf(plural, object);
    this.#open.delete(shownName(object.metadata));
    this.#schedules.delete(key);
    this.#atMax.get(key)?.();
    this.#atMax.delete(key);
  }

  /** `NAMESPACE/NAME` of what people wrote: a runner's trouble is its pool's, and a hundred runners' is one. */
  #poolOf({ kind, namespace, name }: EventObject['involvedObject']): string {
    let key: ObjectKey = { plural: pluralOf(kind), namespace, name };
    for (;;) {
      const found = this.#options.store.find(key);
      const owner = found && controllerOf(found);
      if (!owner) return shownName(key);
      key = { plural: pluralOf(owner.kind), namespace, name: owner.name };
    }
  }
}

/** By the reasons of events; another one is told as it is. */
const REASONS: Record<string, string> = {
  FailedStart: 'runners do not start',
  StartsPaused: 'starts are paused, since they keep failing',
  RegistrationTimedOut: 'runners start, but never come online',
  RunnerOffline: 'idle runners are offline',
  RegistrationGone: 'the server knows runners no more that still run',
  RunnerEnded: 'runners end by themselves',
  FailedRegistration: 'runners cannot register',
  NoCredentials: 'there are no credentials for its server',
  ScaleSetFailed: 'the scale set cannot be made or found',
  ListenerFailed: 'nobody listens for its jobs',
  RunnerOutdated: 'the server takes this version of the runner no more',
  FailedUpdateRegistrationToken: 'runners cannot register',
  RunnerAutoscalingFailure: 'autoscaling fails',
};

/** Which troubles are over, by the reason of the event that says so. */
const ENDS: Record<string, { title: string; of: string[] }> = {
  StartsWorkAgain: { title: 'runners start again', of: ['FailedStart', 'StartsPaused', 'RegistrationTimedOut'] },
  ListensAgain: { title: 'its jobs are listened for again', of: ['ListenerFailed'] },
  WorksAgain: {
    title: 'the server can be used again',
    of: ['FailedUpdateRegistrationToken', 'FailedRegistration', 'NoCredentials', 'ScaleSetFailed'],
  },
  AutoscalingWorks: { title: 'autoscaling works again', of: ['RunnerAutoscalingFailure'] },
};

const keyOf = (plural: string, { metadata: { namespace, name } }: StoredObject): string =>
  keyText({ plural, namespace, name });

const shownName = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;

/** One that never changes is always as big as it may get. */
function isScaledToMax(object: StoredObject): boolean {
  const { spec, status } = object as HorizontalRunnerAutoscaler;
  const { minReplicas = 0, maxReplicas = Number.POSITIVE_INFINITY } = spec;
  return minReplicas < maxReplicas && (status?.desiredReplicas ?? 0) >= maxReplicas;
}

function isSetAtMax(object: StoredObject): boolean {
  const { spec, status } = object as AutoscalingRunnerSet;
  const max = maxRunnersOf(spec);
  return minRunnersOf(spec) < max && (status?.currentRunners ?? 0) >= max;
}
