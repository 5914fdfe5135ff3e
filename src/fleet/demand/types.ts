/** What scaling may ask about waiting work, whoever tells it: webhooks, a scale set's messages, or a listing. */
import type { RunnerScope } from '../../protocol/github/runners.ts';
import type { WatchedPlace } from './demand-service.ts';
import type { JobFact } from './job-fact.ts';

/** A job that waits for a runner or has one. Every attempt of a job has an id of its own, so that is its key (D-7). */
export interface DemandedJob {
  /** OWNER/NAME */
  repository: string;
  id: number;
  attempt: number;
  labels: readonly string[];
  /** Name of the runner group that the job asks for, if it does. */
  group?: string;
  /** `waiting` and `pending` jobs are no demand yet (TOT-6). */
  status: 'queued' | 'in_progress';
  /** Epoch ms. */
  queuedAtMs: number;
  /** Name of the runner that has it. */
  runnerName?: string;
  /** How the fleet came to know of it. */
  heard?: Heard;
}

export interface Heard {
  /** A delivery, our own server's push, or a comparison with the server's list. */
  by: 'webhook' | 'session' | 'comparison';
  /** Epoch ms. */
  atMs: number;
}

/** How many runs of a repository had no job at all when it was last compared (TOT-4). */
export interface EmptyRuns {
  /** OWNER/NAME */
  repository: string;
  queued: number;
  in_progress: number;
}

export interface KnownDemand {
  jobs: readonly DemandedJob[];
  /** Of repositories that have some. */
  emptyRuns?: readonly EmptyRuns[];
  /** When the whole scope was last compared with the server, epoch ms; undefined while it never was. */
  comparedAtMs?: number;
  /** Why the last comparison failed, as a sentence; scaling then goes on with what is known and says so. */
  problem?: string;
}

export interface Demand {
  /** Jobs that runners registered at this scope could be asked for. */
  inScope(scope: RunnerScope): KnownDemand;
  /** One job as last heard, also one that waits for a gate or has ended; undefined when nothing was heard of it. */
  find(repository: string, id: number): JobFact | undefined;
  /** Called after a change, with the repository (OWNER/NAME) whose jobs changed; the returned function ends that. */
  onChange(listener: (repository: string) => void): () => void;
}

/** Demand with what keeps it current. */
export interface DemandSource {
  readonly demand: Demand;
  /** From now on these places are kept current, and no others. May be called on every change. */
  watch(places: readonly WatchedPlace[]): void;
  /** A runner has taken a job, or has ended, perhaps with one. */
  runnerChanged(): void;
  /** Credentials of what is watched have changed: what they did not allow is tried again. */
  credentialsChanged(): void;
}

/** For a fleet that is told of no jobs. */
export const NO_DEMAND: DemandSource = {
  demand: {
    inScope: () => ({ jobs: [], problem: 'this fleet is told of no jobs.' }),
    find: () => undefined,
    onChange: () => () => undefined,
  },
  watch: () => undefined,
  runnerChanged: () => undefined,
  credentialsChanged: () => undefined,
};
