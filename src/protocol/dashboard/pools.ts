/** Why a pool of runners has the size it has. Of the fleet's API: `GET /explain/pools/NAMESPACE/NAME`. */
export interface PoolExplanation {
  kind: 'RunnerDeployment' | 'RunnerSet' | 'AutoscalingRunnerSet';
  namespace: string;
  name: string;
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
  /** Null where nothing bounds it. */
  min: number | null;
  max: number | null;
  /** What decides about the number, as a sentence. */
  rule: string;
  /** What led to the number, in order. */
  reasons: { code: string; text: string }[];
  /** What can be foreseen to change it, soonest first. */
  next: { at: string; what: string; desired: number | null }[];
  /** What is not as it should be, worst first. */
  problems: string[];
  /** About the pool, its autoscaler and its runners, newest first. */
  events: { at: string; type: string; reason: string; message: string; count: number }[];
}
