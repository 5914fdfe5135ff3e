import type { Database } from '../../store/database.ts';
import { findJobByRequest } from '../../store/jobs.ts';
import { requeue } from './job-lifecycle.ts';
import type { InUnit } from './unit.ts';

/** What runners say about the offers that went out to them, and what their connections tell. */
export class Offers {
  readonly #db: Database;
  readonly #inUnit: InUnit;
  /** Those whose runner said that it got the message: only time takes them back. */
  readonly #acknowledged = new Set<string>();

  constructor(db: Database, inUnit: InUnit) {
    this.#db = db;
    this.#inUnit = inUnit;
  }

  /** @returns false when nothing of this id is offered to the runner */
  async acknowledge(requestGuid: string, runnerId: number): Promise<boolean> {
    const job = await findJobByRequest(this.#db, requestGuid);
    if (job?.runner_id !== runnerId || job.phase === 'completed') return false;
    this.#acknowledged.add(requestGuid);
    return true;
  }

  /** The connection that an offer went out on broke: unless the runner said it got it, the job is offered anew. */
  async lost(requestGuid: string): Promise<void> {
    if (this.#acknowledged.has(requestGuid)) return;
    const job = await findJobByRequest(this.#db, requestGuid);
    if (!job) return;
    const why = `The connection to ${job.runner_name} broke before it took the job.`;
    await this.#inUnit((unit) => requeue(unit, job.id, requestGuid, why));
  }

  /** The offer was taken, or taken back. */
  settled(requestGuid: string | null): void {
    if (requestGuid !== null) this.#acknowledged.delete(requestGuid);
  }
}
