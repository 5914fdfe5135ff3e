import { type Clock, isoTime } from '../../common/clock.ts';
import { errorText, UserError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Database } from '../../store/database.ts';
import { findRepositoryById, type RepositoryRow } from '../../store/repositories.ts';
import {
  deleteSchedules,
  dueSchedules,
  insertSchedules,
  type NewSchedule,
  nextScheduleAt,
  type ScheduleRow,
  schedulesOf,
  setNextAt,
} from '../../store/schedules.ts';
import { nextFiring, parseCron } from '../../workflow/index.ts';
import type { Engine } from '../engine/engine.ts';
import { repositoryObject, userObject } from '../github-rest/shapes.ts';
import type { DefaultBranches } from './default-branches.ts';
import { Waker } from './waker.ts';

export interface SchedulesOptions {
  db: Database;
  clock: Clock;
  engine: Pick<Engine, 'acceptEvent'>;
  branches: DefaultBranches;
  publicUrl: () => string;
  logger: Logger;
}

/** What could not be started, for a reason that may pass, is tried again after this time. */
const RETRY_MS = 60_000;

/**
 * `schedule` (SEM-4). The entries of every default branch are rows, each with the moment at which it falls due next; one
 * timer waits for the first of them. After an outage an entry fires once, however often it was missed (SEM-4.5).
 */
export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #waker = new Waker(() => this.#fireDue());
  #isStarted = false;
  #cancelTimer: () => void = () => {};

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** Fires what fell due while the server was away. To be called when the public URL is known. */
  start(): void {
    this.#isStarted = true;
    this.#waker.wake();
  }

  async close(): Promise<void> {
    this.#isStarted = false;
    this.#cancelTimer();
    await this.#waker.close();
  }

  /**
   * The default branch has moved: its entries are what its files say now. Those that were there keep their time, and their
   * actor (SEM-4.6); so do those of a file that cannot be read now. May be repeated.
   * @param actor who moved it
   */
  async synchronize(repository: RepositoryRow, actor: string): Promise<void> {
    const { db, clock, branches } = this.#options;
    const workflows = await branches.workflows(repository);
    const unread = new Set(workflows.filter(({ triggers }) => triggers === null).map(({ path }) => path));
    const stored = (await schedulesOf(db, repository.id)).filter(({ path }) => !unread.has(path));
    const known = new Map(stored.map((row) => [entryOf(row), row.id]));
    const added: NewSchedule[] = [];
    for (const { path, triggers } of workflows) {
      for (const { cron, timezone } of (triggers ?? []).flatMap(({ schedule }) => schedule ?? [])) {
        const row = { repository_id: repository.id, path, cron, timezone: timezone ?? '', actor };
        const next = nextOf(row, clock.now());
        if (next === null || known.delete(entryOf(row))) continue;
        added.push({ ...row, next_at: next });
      }
    }
    if (known.size + added.length === 0) return;
    await db.transaction().execute(async (transaction) => {
      await deleteSchedules(transaction, [...known.values()]);
      await insertSchedules(transaction, added);
    });
    if (added.length > 0) this.#waker.wake();
  }

  async #fireDue(): Promise<void> {
    if (!this.#isStarted) return;
    const { db, clock, logger } = this.#options;
    const at = isoTime(clock.now());
    let next: number | undefined;
    try {
      for (const row of await dueSchedules(db, at)) if (!(await this.#tryToFire(row))) next = clock.now() + RETRY_MS;
      const planned = await nextScheduleAt(db, at);
      if (planned !== undefined) next = Math.min(next ?? Number.POSITIVE_INFINITY, Date.parse(planned));
    } catch (error) {
      logger.error({ err: error }, 'schedules could not be read');
      next = clock.now() + RETRY_MS;
    }
    this.#cancelTimer();
    if (next !== undefined && this.#isStarted) {
      this.#cancelTimer = clock.after(Math.max(0, next - clock.now()), () => this.#waker.wake());
    }
  }

  /** @returns false when it has to be tried again; others go on */
  async #tryToFire(row: ScheduleRow): Promise<boolean> {
    try {
      await this.#fire(row);
      return true;
    } catch (error) {
      this.#options.logger.error(
        { err: error, schedule: row.cron, workflow: row.path },
        'a schedule could not be started',
      );
      return false;
    }
  }

  /** Once only per entry and moment: by the event's key, also where the server dies before the next moment is stored. */
  async #fire(row: ScheduleRow): Promise<void> {
    const { db, clock, engine, branches, publicUrl, logger } = this.#options;
    const repository = await findRepositoryById(db, row.repository_id);
    const tip = repository && (await branches.tip(repository));
    if (!repository || !tip) return deleteSchedules(db, [row.id]);
    const { path, cron, timezone, actor } = row;
    try {
      await engine.acceptEvent({
        key: `schedule:${repository.id}:${path}:${cron}:${timezone}:${row.next_at}`,
        repository,
        name: 'schedule',
        ...tip,
        actor,
        cron,
        workflow: path,
        payload: {
          schedule: cron,
          workflow: path,
          repository: { ...repositoryObject(repository, publicUrl()) },
          sender: { ...userObject(actor, publicUrl()) },
        },
      });
    } catch (error) {
      // The file has gone with a push whose entries are being taken over in this moment.
      if (!(error instanceof UserError)) throw error;
      logger.warn(`the schedule ${cron} of ${path} started nothing: ${errorText(error)}`);
    }
    const next = nextOf(row, clock.now());
    await (next === null ? deleteSchedules(db, [row.id]) : setNextAt(db, row.id, next));
  }
}

const entryOf = ({ path, cron, timezone }: Pick<ScheduleRow, 'path' | 'cron' | 'timezone'>): string =>
  JSON.stringify([path, cron, timezone]);

/** Null: never again, or what is written cannot be read; the file's errors say so. */
function nextOf({ cron, timezone }: Pick<ScheduleRow, 'cron' | 'timezone'>, afterMs: number): string | null {
  try {
    const next = nextFiring(parseCron(cron), timezone || null, afterMs);
    return next === null ? null : isoTime(next);
  } catch (error) {
    if (error instanceof UserError || error instanceof RangeError) return null;
    throw error;
  }
}
