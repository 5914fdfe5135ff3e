import { openSqlite, type SqliteDatabase, type SqliteStatement, toSql } from '../../store/sqlite.ts';
import type { JobFact } from './job-fact.ts';

/** One delivery of a webhook, as far as it is kept. */
export interface TakenDelivery {
  /** GitHub's GUID; one that is sent again has the same. */
  id: string;
  event: string;
  /** The webhook that sent it, as the path below REST that lists its deliveries; undefined when it did not say. */
  hook?: string;
  fact?: JobFact;
}

const DAY_MS = 24 * 3_600_000;
/** As long as deliveries are kept; also how far back a simulation can replay them (on-demand-runners 4.4). */
const KEPT_MS = 7 * DAY_MS;

/** What webhooks have told, on disk before it is acknowledged. A delivery counts once, however often it comes. */
export class JobRecord {
  readonly #database: SqliteDatabase;
  readonly #add: SqliteStatement;
  readonly #since: SqliteStatement;
  readonly #prune: SqliteStatement;
  readonly #hooks: SqliteStatement;

  /** @throws UserError when the file cannot be used */
  constructor(file: string) {
    // GitHub does not send again by itself: an acknowledged delivery must survive a power loss.
    this.#database = openSqlite(file, 'power-loss');
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS deliveries (
        id TEXT PRIMARY KEY, event TEXT NOT NULL, hook TEXT, fact TEXT, taken_at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS deliveries_by_time ON deliveries (taken_at);
    `);
    this.#add = this.#database.prepare('INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?, ?)');
    this.#since = this.#database.prepare(
      'SELECT fact FROM deliveries WHERE taken_at >= ? AND fact IS NOT NULL ORDER BY taken_at, rowid',
    );
    this.#prune = this.#database.prepare('DELETE FROM deliveries WHERE taken_at < ?');
    this.#hooks = this.#database.prepare(
      'SELECT hook, max(taken_at) AS newest FROM deliveries WHERE hook IS NOT NULL GROUP BY hook',
    );
  }

  /** @returns false when it was taken before */
  take({ id, event, hook, fact }: TakenDelivery, nowMs: number): boolean {
    const values = [id, event, hook ?? null, fact ?? null, nowMs].map(toSql);
    return Number(this.#add.run(...values).changes) === 1;
  }

  has(id: string): boolean {
    return this.#database.prepare('SELECT 1 FROM deliveries WHERE id = ?').all(id).length > 0;
  }

  /** What was told since then, in the order in which it came. */
  factsSince(ms: number): JobFact[] {
    return this.#since.all(ms).map((row) => JSON.parse((row as { fact: string }).fact) as JobFact);
  }

  /** The webhooks that have sent something, with the time of their newest delivery (epoch ms). */
  hooks(): { hook: string; newestMs: number }[] {
    return this.#hooks.all().map((row) => {
      const { hook, newest } = row as { hook: string; newest: number };
      return { hook, newestMs: newest };
    });
  }

  prune(nowMs: number): void {
    this.#prune.run(nowMs - KEPT_MS);
  }

  close(): void {
    this.#database.close();
  }
}
