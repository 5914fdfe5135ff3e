import type { Clock } from '../../common/clock.ts';
import { isoTime } from '../../common/clock.ts';
import { type Database, type Queries, softly } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { ChangeEvents, Changes } from '../changes.ts';
import type { Announce, News } from './news.ts';

/** What must still happen in the same transaction because of what happened in it. */
export type FollowUp =
  /** Jobs of the run ended: others may be ready, or the run complete. */
  | { kind: 'advance'; runId: number }
  | { kind: 'cancel-run'; runId: number; why: string }
  | { kind: 'cancel-job'; jobId: number; why: string }
  /** The run got the concurrency group that it waited for. */
  | { kind: 'start-run'; runId: number }
  /** Something that the job waited for before the queue came: a concurrency group, an approval. */
  | { kind: 'pass-gates'; jobId: number };

/**
 * One transaction of the engine, and what must follow its commit: pages are told and jobs are offered only about
 * what is durable (DESIGN 2.4).
 */
export interface Unit {
  db: Queries;
  /** ms since the epoch; the same for everything in the transaction. */
  now: number;
  /** `now` as ISO text. */
  at: string;
  /** This very moment, for waiting times: a transaction that starts a run takes a few ms itself. */
  moment(): string;
  changed(kind: keyof ChangeEvents, id: number): void;
  /** The job's phase or deadline changed: queue and timers take it up. */
  moved(job: JobRow): void;
  /** Webhooks are told of it, if it is committed. */
  tell(news: News): void;
  afterCommit(task: () => void): void;
  /** Done before the commit, after what is under way now; the same one only once. */
  follow(next: FollowUp): void;
}

export interface UnitRunnerOptions {
  db: Database;
  clock: Clock;
  changes: Changes;
  onMoved: (job: JobRow) => void;
  followUp: (unit: Unit, next: FollowUp) => Promise<void>;
  announce: Announce;
}

/**
 * Runs `work` in a transaction; nothing of it is seen when it throws.
 * @param kind `soft` does not wait for the disk; see `softly`
 */
export type InUnit = <T>(work: (unit: Unit) => Promise<T>, kind?: 'durable' | 'soft') => Promise<T>;

export function createInUnit({ db, clock, changes, onMoved, followUp, announce }: UnitRunnerOptions): InUnit {
  return async (work, kind = 'durable') => {
    const changed = new Map<string, () => void>();
    const moved = new Map<number, JobRow>();
    const tasks: (() => void)[] = [];
    const run = async (transaction: Queries) => {
      const now = clock.now();
      const next = new Map<string, FollowUp>();
      const news: News[] = [];
      const unit: Unit = {
        db: transaction,
        now,
        at: isoTime(now),
        moment: () => isoTime(clock.now()),
        changed: (kind, id) => changed.set(`${kind} ${id}`, () => changes.emit(kind, id)),
        moved: (job) => moved.set(job.id, job),
        tell: (one) => news.push(one),
        afterCommit: (task) => tasks.push(task),
        follow: (up) => next.set(JSON.stringify(up), up),
      };
      const result = await work(unit);
      for (const [key, up] of next) {
        next.delete(key);
        await followUp(unit, up);
      }
      if (news.length > 0) await announce(unit, news);
      return result;
    };
    const result = await (kind === 'soft' ? softly(db, run) : db.transaction().execute(run));
    for (const job of moved.values()) onMoved(job);
    for (const task of tasks) task();
    for (const tell of changed.values()) tell();
    return result;
  };
}
