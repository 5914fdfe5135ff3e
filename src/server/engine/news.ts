import type { DeploymentRow, DeploymentStatusRow } from '../../store/deployments.ts';
import type { RunActivity } from '../../store/events.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { IncomingEvent } from './accept-event.ts';
import type { Unit } from './unit.ts';

/** What happened, for those outside who are told of it by webhooks (SEM-31.4). */
export type News =
  | { kind: 'job'; action: JobNews; job: JobRow }
  | { kind: 'run'; action: RunActivity; runId: number; repositoryId: number }
  /** The first status comes with the deployment itself. */
  | { kind: 'deployment'; deployment: DeploymentRow; status: DeploymentStatusRow }
  | { kind: 'event'; event: IncomingEvent };

export type JobNews = 'queued' | 'waiting' | 'in_progress' | 'completed';

/** Writes down, in the transaction in which it happened and at its end, whom it is to be told. */
export type Announce = (unit: Pick<Unit, 'db' | 'now' | 'at' | 'afterCommit'>, news: News[]) => Promise<void>;
