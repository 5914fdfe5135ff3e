/**
 * Our own API for the page and the CLI, below `/switchyard/v1`. What GitHub's REST already offers is not repeated
 * here, except where one call must show what GitHub spreads over many. Types only: the page bundles this file.
 */

import type { ReceivedEvent } from './events.ts';
import type { Job } from './jobs.ts';
import type { Runner } from './runners.ts';
import type { RunSummary } from './runs.ts';

export type * from './artifacts.ts';
export type * from './events.ts';
export type * from './hooks.ts';
export type * from './jobs.ts';
export type * from './mirror.ts';
export type * from './people.ts';
export type * from './pools.ts';
export type * from './runners.ts';
export type * from './runs.ts';
export type * from './settings.ts';

export const DASHBOARD_PREFIX = '/switchyard/v1';

/** `GET /server` */
export interface ServerInfo {
  version: string;
  /** Public base URL, without a trailing slash. */
  url: string;
}

/**
 * `GET /events?run=ID&job=ID`: server-sent events; without a filter everything but log lines. `event:` is the key,
 * `data:` the JSON value. After a reconnect the client reads the resource anew: events are hints, not a journal.
 */
export interface LiveEvents {
  run: RunSummary;
  /** The whole job with its steps, whenever anything in it changed. */
  job: Job;
  runner: Runner;
  'runner-removed': { id: number };
  /** A new one, also when it started nothing. */
  'received-event': ReceivedEvent;
  /** Only with `job=ID`: `lines[0]` is line number `from` of the step. */
  log: { jobId: number; step: number; from: number; lines: string[] };
}

/** Every error answer. */
export interface ApiError {
  message: string;
  code?: string;
  hint?: string;
}
