import type { Evaluated } from '../autoscaling/scale-set.ts';
import type { StartBreaker } from '../reconcilers/start-breaker.ts';
import type { ScaleSetConnections } from './connections.ts';
import { type ListenerOptions, ScaleSetListener } from './listener.ts';

interface Listening {
  listener: ScaleSetListener;
  connection: ListenerOptions['connection'];
  scaleSetId: number;
}

/** What the reconcilers of scale sets share, kept in memory: one controller listens for all sets (D-25). */
export class ScaleSets {
  readonly connections: ScaleSetConnections;
  readonly breaker: StartBreaker;
  /** What was last made sure of at the service, by uid of the AutoscalingRunnerSet. */
  readonly ensured = new Map<string, string>();
  /** `totalAssignedJobs` as last heard, by uid of the AutoscalingRunnerSet; missing until its listener has a session. */
  readonly assignedJobs = new Map<string, number>();
  /** The last evaluation of each listener, by uid of the AutoscalingRunnerSet. */
  readonly evaluated = new Map<string, Evaluated>();
  readonly #listening = new Map<string, Listening>();
  #isOver = false;

  constructor(connections: ScaleSetConnections, breaker: StartBreaker) {
    this.connections = connections;
    this.breaker = breaker;
  }

  isListening(uid: string): boolean {
    return this.#listening.get(uid)?.listener.isListening ?? false;
  }

  /** Begins to listen, unless that is so already: over the same connection, for the same scale set. */
  async listen(uid: string, options: ListenerOptions): Promise<void> {
    const { connection, scaleSetId } = options;
    const known = this.#listening.get(uid);
    if (known?.connection === connection && known.scaleSetId === scaleSetId) return;
    await this.silence(uid);
    if (this.#isOver) return;
    this.#listening.set(uid, { listener: new ScaleSetListener(options), connection, scaleSetId });
  }

  async silence(uid: string): Promise<void> {
    const known = this.#listening.get(uid);
    this.#listening.delete(uid);
    this.assignedJobs.delete(uid);
    this.evaluated.delete(uid);
    await known?.listener.close();
  }

  /** Stops listening without a word, as a crash does. */
  abandon(): void {
    this.#isOver = true;
    for (const { listener } of this.#listening.values()) listener.abandon();
  }

  async close(): Promise<void> {
    this.abandon();
    await Promise.all([...this.#listening.keys()].map((uid) => this.silence(uid)));
  }
}
