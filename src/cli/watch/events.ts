/**
 * What `switchyard run --json` prints, one object a line, and what every view in the terminal is drawn from.
 * docs/reference/json-output.md is its reference: fields may be added, never renamed or removed.
 */
import type { Annotation, Conclusion, SourceError, Status } from '../../protocol/dashboard/index.ts';

/** A run began or changed. */
export interface RunEvent {
  type: 'run';
  id: number;
  repository: string;
  workflow: { name: string; path: string };
  number: number;
  event: string;
  ref: string;
  sha: string;
  status: Status;
  conclusion: Conclusion | null;
  startedAt: string | null;
  completedAt: string | null;
  /** Why it could not start. */
  errors: SourceError[];
  /** What its workflow file says and nothing acts on, or surely does not mean. */
  warnings: SourceError[];
}

/** A job appeared or changed. */
export interface JobEvent {
  type: 'job';
  id: number;
  runId: number;
  key: string;
  name: string;
  labels: string[];
  status: Status;
  conclusion: Conclusion | null;
  runner: string | null;
  /** Why it waits, was skipped, or failed without a step to blame. */
  reason: string | null;
  startedAt: string | null;
  completedAt: string | null;
  annotations: Annotation[];
}

/** A step began or ended. */
export interface StepEvent {
  type: 'step';
  runId: number;
  jobId: number;
  number: number;
  name: string;
  status: Status;
  conclusion: Conclusion | null;
  startedAt: string | null;
  completedAt: string | null;
}

/** One line of a step's log; `line` counts from 1 and has no gaps. */
export interface LogEvent {
  type: 'log';
  runId: number;
  jobId: number;
  step: number;
  line: number;
  time: string | null;
  text: string;
}

/** A workflow file that the event did not start. */
export interface NotStartedEvent {
  type: 'not_started';
  file: string;
  reason: string;
}

/** The last line: how it all ended. */
export interface ResultEvent {
  type: 'result';
  conclusion: 'success' | 'failure' | 'cancelled';
  exitCode: number;
  durationMs: number;
  runs: { id: number; workflow: string; conclusion: Conclusion | null }[];
  /** Why there is a failure that no job shows. */
  message: string | null;
}

export type WatchEvent = RunEvent | JobEvent | StepEvent | LogEvent | NotStartedEvent | ResultEvent;

/** Draws or prints what happens. */
export interface View {
  show(event: WatchEvent): void;
  /** Ends what it still draws; afterwards the terminal is free for others. */
  close(): void;
}
