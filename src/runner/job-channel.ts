/** What listener and worker say to each other over the worker's IPC channel. */
import type { JobMessage } from '../protocol/runner/job-message.ts';
import type { TaskResult } from '../protocol/runner/run-service.ts';

/** What the worker must know about the runner it works for. */
export interface RunnerIdentity {
  name: string;
  id: string;
  /** Id of this start of the runner, a GUID: no other runner anywhere has it. */
  instance: string;
  /** Process of the listener. */
  pid: number;
  groupName: string;
  version: string;
  /** Absolute path of the runner's root folder. */
  root: string;
  /** Absolute path of the folder with the Nodes for JavaScript actions; runners may share it. */
  externals: string;
  /** Absolute path of the folder that holds workspaces, `_temp` and `_tool`. */
  workFolder: string;
}

/** How long a cancelled step's process may take to end by itself (SEM-28.2). */
export interface SignalGrace {
  sigintMs: number;
  sigtermMs: number;
}

/**
 * `job` comes first and exactly once: the worker prepares everything that costs no step. `start` follows when the
 * first renewal of the lease succeeded. `cancel` and `shutdown` may come at any time after `job`.
 */
export type ToWorker =
  | { type: 'job'; job: JobMessage; runner: RunnerIdentity; trackingId: string; grace: SignalGrace; notes: string[] }
  /** `group`: folders of the control group that the worker is in, if there is one. */
  | { type: 'start'; group?: readonly string[] }
  | { type: 'cancel' }
  | { type: 'abandon' }
  | { type: 'shutdown'; why: string };

/** Exit codes of the worker, 100 + index (runner-protocol 4.10); any other is a crash. */
const RESULTS: TaskResult[] = ['succeeded', 'succeededWithIssues', 'failed', 'canceled', 'skipped', 'abandoned'];

export const exitCodeOf = (result: TaskResult): number => 100 + RESULTS.indexOf(result);

/** Undefined for an exit code that stands for a crash. */
export const resultOf = (exitCode: number | null): TaskResult | undefined => RESULTS[(exitCode ?? 0) - 100];

/** Value of `RUNNER_TRACKING_ID`, by which a job's stray processes are found (SEM-15.5). */
export const TRACKING_VARIABLE = 'RUNNER_TRACKING_ID';
