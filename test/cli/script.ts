/** A run as a story of events, for the views. Times are fixed. */

import type { JobEvent, RunEvent, StepEvent, WatchEvent } from '../../src/cli/watch/events.ts';
import type { Conclusion, Status } from '../../src/protocol/dashboard/index.ts';

export const START = Date.parse('2026-01-01T00:00:00Z');
const at = (ms: number | null): string | null => (ms === null ? null : new Date(START + ms).toISOString());

type Ends = { status?: Status; conclusion?: Conclusion | null; from?: number | null; to?: number | null };

export function run(change: Ends & Partial<RunEvent> = {}): RunEvent {
  const { from = 0, to = null, ...rest } = change;
  return {
    type: 'run',
    id: 1,
    repository: 'demo/hello',
    workflow: { name: 'Hello', path: '.github/workflows/hello.yml' },
    number: 1,
    event: 'push',
    ref: 'refs/heads/main',
    sha: '1a2b3c4d5e6f',
    status: 'in_progress',
    conclusion: null,
    errors: [],
    warnings: [],
    startedAt: at(from),
    completedAt: at(to),
    ...rest,
  };
}

export function job(id: number, name: string, change: Ends & Partial<JobEvent> = {}): JobEvent {
  const { from = null, to = null, ...rest } = change;
  return {
    type: 'job',
    id,
    runId: 1,
    key: name,
    name,
    labels: ['self-hosted'],
    status: 'queued',
    conclusion: null,
    runner: null,
    reason: null,
    annotations: [],
    startedAt: at(from),
    completedAt: at(to),
    ...rest,
  };
}

export function step(jobId: number, number: number, name: string, change: Ends = {}): StepEvent {
  const { from = 0, to = null, status = 'in_progress', conclusion = null } = change;
  return { type: 'step', runId: 1, jobId, number, name, status, conclusion, startedAt: at(from), completedAt: at(to) };
}

const log = (jobId: number, number: number, line: number, text: string): WatchEvent => ({
  type: 'log',
  runId: 1,
  jobId,
  step: number,
  line,
  time: at(0),
  text,
});

const success = (from: number, to: number): Ends => ({ status: 'completed', conclusion: 'success', from, to });
const failure = (from: number, to: number): Ends => ({ status: 'completed', conclusion: 'failure', from, to });

/** Two jobs; the second fails in its second step, a third is skipped. */
export const story: WatchEvent[] = [
  { type: 'not_started', file: '.github/workflows/nightly.yml', reason: 'it has no trigger for push' },
  run(),
  job(1, 'build'),
  job(2, '시험', { reason: 'needs build' }),
  job(1, 'build', { status: 'in_progress', runner: 'local-1', from: 100 }),
  step(1, 1, 'Set up job', { from: 100 }),
  log(1, 1, 1, 'Runner name: local-1'),
  step(1, 1, 'Set up job', success(100, 220)),
  step(1, 2, 'Compile', { from: 220 }),
  log(1, 2, 1, '##[group]Run make'),
  log(1, 2, 2, '##[command]make all'),
  log(1, 2, 3, '##[endgroup]'),
  log(1, 2, 4, '\x1b[32mcompiled\x1b[0m \x1b[2Jall'),
  step(1, 2, 'Compile', success(220, 1720)),
  job(1, 'build', { ...success(100, 1800), runner: 'local-1' }),
  job(2, '시험', { status: 'in_progress', runner: 'local-2', from: 1900 }),
  step(2, 1, 'Test', { from: 1900 }),
  log(2, 1, 1, 'one is wrong'),
  log(2, 1, 2, '##[error]Process completed with exit code 3.'),
  step(2, 1, 'Test', failure(1900, 2400)),
  job(2, '시험', { ...failure(1900, 2500), runner: 'local-2' }),
  job(3, 'deploy', { status: 'completed', conclusion: 'skipped', reason: 'needs 시험, which failed' }),
  run({ ...failure(0, 2600) }),
  {
    type: 'result',
    conclusion: 'failure',
    exitCode: 1,
    durationMs: 2650,
    runs: [{ id: 1, workflow: '.github/workflows/hello.yml', conclusion: 'failure' }],
    message: null,
  },
];
