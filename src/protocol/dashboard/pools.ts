/** Pools of runners and why they have the size they have. Of the fleet's API, below `/explain`; the server passes it on. */
import type { Runner } from './runners.ts';

/** `GET /pools`; of the fleet `GET /explain/pools`, without `hasFleet`. */
export interface PoolList {
  /** False for a server that was told of none. */
  hasFleet: boolean;
  /** By namespace and name. */
  pools: Pool[];
}

export interface Pool {
  kind: 'RunnerDeployment' | 'RunnerSet' | 'AutoscalingRunnerSet';
  namespace: string;
  name: string;
  /** Where its runners register; null when the resource does not say. */
  scope: Runner['scope'] | null;
  labels: string[];
  /** How many runners are wanted. */
  desired: number;
  /** How many there are: those that follow, together. */
  current: number;
  idle: number;
  busy: number;
  /** Not yet seen by the server. */
  starting: number;
  /** Asked to go, and without a job. */
  leaving: number;
  /** Jobs that wait and that its runners could take. */
  queued: number;
  /** Null where nothing bounds it. */
  min: number | null;
  max: number | null;
  /** What decides about the number, as a sentence. */
  rule: string;
  /** What can be foreseen to change it, soonest first. */
  next: { at: string; what: string; desired: number | null }[];
  /** What is not as it should be, worst first. */
  problems: string[];
  /** What each of `problems` is, in one stable word (docs/explain.md). */
  causes: string[];
}

/** Why a pool has the size it has. `GET /pools/:namespace/:name` */
export interface PoolExplanation extends Pool {
  /** What led to the number, in order. */
  reasons: { code: string; text: string }[];
  /** As written; the first that is in force counts. */
  schedule: PoolOverride[];
  /** Oldest first; 200 at most. */
  runners: PoolRunner[];
  /** About the pool, its autoscaler and its runners, newest first. */
  events: { at: string; type: string; reason: string; message: string; count: number }[];
}

export interface PoolRunner {
  name: string;
  state: 'idle' | 'busy' | 'starting' | 'leaving';
  createdAt: string;
}

/** A scheduled override of the autoscaler. */
export interface PoolOverride {
  /** Of the first time, with the offset that it was written in. */
  start: string;
  end: string;
  min: number | null;
  max: number | null;
  /** `Daily`, `Weekly`, `Monthly` or `Yearly`; null for once. */
  repeats: string | null;
  /** When it begins for the last time. */
  until: string | null;
  /** Whose clocks it follows; null for those of its offset. */
  timeZone: string | null;
  /** It decides now. */
  isActive: boolean;
}

/** `GET /pools/:namespace/:name/history`: the last day, or what the fleet remembers of it. */
export interface PoolHistory {
  from: string;
  to: string;
  /** Equal stretches of time, oldest first, each with the largest of its numbers; none while nothing is known. */
  points: PoolPoint[];
}

export interface PoolPoint {
  desired: number;
  runners: number;
  busy: number;
  queued: number;
}

/**
 * What the fleet knows of why a job has no runner yet. Of the fleet's API:
 * `GET /explain/jobs?repository=OWNER/NAME&id=ID&labels=A,B&group=NAME&runner=NAME`.
 */
export interface FleetJobExplanation {
  /** What it was told of the job, and how first; null when nobody told it. */
  known: { status: string; by: 'webhook' | 'session' | 'comparison'; at: string; runner: string | null } | null;
  /** What keeps the job from a runner, as far as the fleet sees it: the first broken link. Null once it has one. */
  cause: { code: string; text: string } | null;
  /** Pools that could take it, those first that are about to. */
  pools: PoolOfJob[];
  /** The fleet's part of the job's way, oldest first. */
  history: { at: string; text: string }[];
}

/** What keeps a job from running, first on the way from its event to its runner. */
export interface BrokenLink {
  /** Who knows of it. */
  at: 'server' | 'fleet';
  text: string;
}

/** `GET /jobs/:id/explanation/fleet`: the job's explanation together with that of the fleet that the server knows. */
export interface JobAtFleet {
  /** Null where there is no fleet, or nothing that a fleet had to do; `problem` says why the fleet said nothing. */
  fleet: FleetJobExplanation | { problem: string } | null;
  firstBrokenLink: BrokenLink | null;
  /** Of both, oldest first. */
  history: { at: string; text: string }[];
}

/** What stands between a job and a runner of this pool. */
export interface PoolOfJob {
  kind: Pool['kind'];
  namespace: string;
  name: string;
  /** One stable word (docs/explain.md). */
  code: string;
  text: string;
}
