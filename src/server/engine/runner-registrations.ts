import { notFound } from '../../common/errors.ts';
import { jobHeldBy } from '../../store/jobs.ts';
import {
  deleteRunner,
  findRunner,
  labelsOf,
  moveRunners,
  type RunnerGroupRow,
  type RunnerRow,
  type StoredLabel,
  setRunnerLabels,
} from '../../store/runners.ts';
import type { Changes } from '../changes.ts';
import type { RunnerDirectory } from './runner-directory.ts';
import type { InUnit } from './unit.ts';

export interface RunnerRegistrationsOptions {
  inUnit: InUnit;
  directory: RunnerDirectory;
  changes: Changes;
  /** Groups parked polls and waiting jobs anew. */
  regroup: () => void;
}

/**
 * Registrations of runners: what is changed of one counts at once, also for polls that are parked and jobs that wait; a
 * job that a runner holds already stays with it.
 */
export class RunnerRegistrations {
  readonly #options: RunnerRegistrationsOptions;

  constructor(options: RunnerRegistrationsOptions) {
    this.#options = options;
  }

  /** Stored already. */
  added(row: RunnerRow, group: string): void {
    const { directory, changes, regroup } = this.#options;
    directory.add(row, group);
    if (row.wall !== 'null') regroup();
    changes.emit('runner', row.id);
  }

  /**
   * Atomic: a runner that holds a job is refused, and one that is gone never gets a job (2.5 of the fleet reference).
   * @returns `busy` when it holds a job, `missing` when there is no such runner
   */
  async remove(id: number): Promise<'removed' | 'busy' | 'missing'> {
    return this.#options.inUnit(async (unit) => {
      if (await jobHeldBy(unit.db, id)) return 'busy';
      if (!(await deleteRunner(unit.db, id))) return 'missing';
      unit.changed('runner-removed', id);
      return 'removed';
    });
  }

  /**
   * @param change is given the labels as they are in the transaction; what it throws changes nothing
   * @returns the labels after it
   * @throws UserError 404
   */
  async changeLabels(id: number, change: (labels: StoredLabel[]) => StoredLabel[]): Promise<StoredLabel[]> {
    const { inUnit, directory, regroup } = this.#options;
    return inUnit(async (unit) => {
      const row = await findRunner(unit.db, id);
      if (!row) throw notFound(`Runner ${id}`);
      const labels = change(labelsOf(row));
      await setRunnerLabels(unit.db, id, labels);
      unit.afterCommit(() => {
        directory.setLabels(
          id,
          labels.map(({ name }) => name),
        );
        regroup();
      });
      unit.changed('runner', id);
      return labels;
    });
  }

  /** From whatever groups they are in; from then on they stand behind the wall of this one alone, beside their own. */
  async moveToGroup(ids: number[], group: RunnerGroupRow): Promise<void> {
    if (ids.length === 0) return;
    const { inUnit, directory, regroup } = this.#options;
    await inUnit(async (unit) => {
      await moveRunners(unit.db, ids, group.id);
      unit.afterCommit(() => {
        for (const id of ids) directory.moveTo(id, group.name);
        regroup();
      });
      for (const id of ids) unit.changed('runner', id);
    });
  }
}
