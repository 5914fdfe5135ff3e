import {
  type AutoscalingDecision,
  type AutoscalingState,
  autoscale,
  type Observations,
} from '../autoscaling/autoscale.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import type { AutoscalerStatus } from '../resources/horizontal-runner-autoscaler.ts';

export const MINUTE = 60_000;
/** When every pool begins. */
export const START = Date.parse('2023-07-12T00:00:00Z');

const nothing: Observations = { busy: 0, jobs: [], reservedJobs: [], hasEnded: () => false };

let lastId = 0;
/** Jobs that nobody has seen before. */
export const jobs = (count: number, status: DemandedJob['status'] = 'queued'): DemandedJob[] =>
  Array.from({ length: count }, () => ({
    repository: 'octo/app',
    id: ++lastId,
    attempt: 1,
    labels: ['t3a.large'],
    status,
    queuedAtMs: START,
  }));

/** A pool whose target takes what is decided, as the live one does. */
export class DecidedPool {
  state: AutoscalingState;
  nowMs = START;

  constructor(spec: AutoscalerSpec, replicas?: number, status?: AutoscalerStatus) {
    const target = { scope: { kind: 'enterprise' as const, name: 'all' }, replicas, isEphemeral: true };
    this.state = { spec, status, target };
  }

  decide(observations: Partial<Observations> = {}): AutoscalingDecision {
    const decision = autoscale(this.state, { ...nothing, ...observations }, this.nowMs);
    this.state = {
      spec: { ...this.state.spec, capacityReservations: [...decision.reservations] },
      status: decision.status,
      target: { ...this.state.target, replicas: decision.desired },
    };
    return decision;
  }

  after(ms: number, observations: Partial<Observations> = {}): AutoscalingDecision {
    this.nowMs += ms;
    return this.decide(observations);
  }

  get replicas(): number {
    return this.state.target.replicas ?? 1;
  }
}

/** Of the reasons, in their order. */
export const codes = ({ reasons }: AutoscalingDecision): string[] => reasons.map(({ code }) => code);
