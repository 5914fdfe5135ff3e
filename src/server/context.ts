import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/log.ts';
import type { BlobStore } from '../store/blobs.ts';
import type { Database } from '../store/database.ts';
import type { KeyPool } from './auth/key-pool.ts';
import type { ServerKeys } from './auth/keys.ts';
import type { Changes } from './changes.ts';
import type { FindFleet } from './dashboard/fleet-api.ts';
import type { Engine } from './engine/engine.ts';
import type { DefaultBranches } from './events/default-branches.ts';
import type { Schedules } from './events/schedules.ts';
import type { GitRepositories } from './git/repositories.ts';
import type { RateLimits } from './limits/rate-limits.ts';
import type { Mirrors } from './mirrors/mirrors.ts';
import type { LiveLogs } from './runner-service/live-logs.ts';
import type { Turns } from './turns.ts';
import type { Webhooks } from './webhooks-out/webhooks.ts';
import type { WorkflowFiles } from './workflow-files/workflow-files.ts';

/** What every surface of the server is given. Built once, in start.ts. */
export interface ServerContext {
  settings: ServerSettings;
  db: Database;
  blobs: BlobStore;
  keys: ServerKeys;
  /** Ready-made keys for JIT configs. */
  runnerKeys: KeyPool;
  git: GitRepositories;
  /** Workflow files of commits, as read. */
  files: WorkflowFiles;
  engine: Engine;
  changes: Changes;
  branches: DefaultBranches;
  schedules: Schedules;
  /** Of pull requests, by repository. */
  turns: Turns;
  liveLogs: LiveLogs;
  rateLimits: RateLimits;
  webhooks: Webhooks;
  mirrors: Mirrors;
  /** Whose pools the page shows. */
  fleet: FindFleet;
  clock: Clock;
  logger: Logger;
  /** Aborted when the server closes: held polls and streams end. */
  closing: AbortSignal;
}

export interface ServerSettings {
  /** Base URL that runners and people use, without a trailing slash. Known once the server listens. */
  publicUrl: string;
  dataFolder: string;
  /** Slug of the one enterprise: its runners serve every repository. */
  enterprise: string;
  /** True when only this machine can reach the server: then the page may be read without a token. */
  loopbackOnly: boolean;
  /** How long a job may be assigned without being acquired. */
  acquireMs: number;
  /** How long a running job lives without a renewal. */
  leaseMs: number;
  /** Secret of webhooks from GitHub; '' lets none in. */
  webhookSecrets: readonly string[];
  /** Pull requests from forks start runs. */
  runForkPulls: boolean;
  /** How long an idle poll is held; below the official client's 100 s time-out. */
  pollMs: number;
}
