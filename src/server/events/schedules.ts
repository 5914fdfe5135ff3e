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
  readonly #waker: Waker;

  constructor(options: SchedulesOptions) {
    this.#options = options;
    this.#waker = new Waker(options.clock, () => this.#fireDue());
  }

  /** Fires what fell due while the server was away. To be called when the public URL is known. */
  start(): void {
    this.#waker.start();
  }

  close(): Promise<void> {
    return this.#waker.close();
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
    const { db, clock } = this.#options;
    const at = isoTime(clock.now());
    try {
      for (const row of await dueSchedules(db, at)) {
        const about = { schedule: row.cron, workflow: row.path };
        await this.#fire(row).catch((error) => this.#tryAgain('a schedule could not be started', error, about));
      }
      const next = await nextScheduleAt(db, at);
      if (next !== undefined) this.#waker.wakeAt(Date.parse(next));
    } catch (error) {
      this.#tryAgain('schedules could not be read', error);
    }
  }

  #tryAgain(what: string, error: unknown, about: object = {}): void {
    const { clock, logger } = this.#options;
    logger.error({ err: error, ...about }, what);
    this.#waker.wakeAt(clock.now() + RETRY_MS);
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
