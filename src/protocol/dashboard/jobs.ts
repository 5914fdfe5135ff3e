/** Jobs, their steps and what these wrote. */
import type { Conclusion, Status } from './runs.ts';

export interface Job {
  id: number;
  runId: number;
  /** The attempt that it ran in; jobs that were not re-run are kept from an earlier one. */
  attempt: number;
  /** The job that calls the workflow which this one belongs to. */
  parentId: number | null;
  /** The called workflow, `owner/name/path@ref`; null for a job with steps of its own. */
  calls: string | null;
  /** Key in the workflow file. */
  key: string;
  /** Name shown to people. */
  name: string;
  needs: string[];
  /** Labels asked for; empty until they are resolved. */
  labels: string[];
  status: Status;
  conclusion: Conclusion | null;
  runner: { id: number; name: string } | null;
  createdAt: string;
  startedAt: string | null;
  completedAt: string | null;
  steps: Step[];
  /** How many of its steps have written a summary. */
  summaries: number;
  annotations: Annotation[];
  environment: { name: string; url: string | null } | null;
  /** The one sentence to show beside a job that waits, was skipped, or failed without a step to blame. */
  reason: string | null;
}

export interface Step {
  number: number;
  name: string;
  status: Status;
  conclusion: Conclusion | null;
  startedAt: string | null;
  completedAt: string | null;
  /** Lines known so far; grows while the step runs. */
  logLines: number;
}

export interface Annotation {
  level: 'notice' | 'warning' | 'failure';
  message: string;
  title: string | null;
  path: string | null;
  line: number | null;
  stepNumber: number | null;
}

/** `GET /jobs/:id/summary`: what its steps wrote to GITHUB_STEP_SUMMARY (SEM-24.7), masked, in the order of the steps. */
export interface JobSummary {
  /** The first twenty. */
  steps: StepSummary[];
  /** What is not among them. */
  leftOut: number;
}

export interface StepSummary {
  number: number;
  name: string;
  /** Written by whoever wrote the job: to be shown as what a stranger says. */
  markdown: string;
}

/** `GET /jobs/:id/steps/:number/log?from=1&limit=5000`: lines are numbered from 1. */
export interface LogPage {
  from: number;
  /** `2026-01-01T00:00:00.0000000Z text`, ANSI and `##[group]` marks kept. */
  lines: string[];
  /** Lines known so far. */
  total: number;
  /** False while the step may still write. */
  complete: boolean;
}
