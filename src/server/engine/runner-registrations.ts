import { notFound } from '../../common/errors.ts';
import {
  findRunner,
  labelsOf,
  moveRunners,
  type RunnerGroupRow,
  type StoredLabel,
  setRunnerLabels,
} from '../../store/runners.ts';
import type { RunnerDirectory } from './runner-directory.ts';
import type { InUnit } from './unit.ts';

export interface RunnerRegistrationsOptions {
  inUnit: InUnit;
  directory: RunnerDirectory;
  /** Groups parked polls and waiting jobs anew. */
  regroup: () => void;
}

/**
 * What of a runner's registration can be changed later. It counts at once, also for polls that are parked and jobs that
 * wait; a job that a runner holds already stays with it.
 */
export class RunnerRegistrations {
  readonly #options: RunnerRegistrationsOptions;

  constructor(options: RunnerRegistrationsOptions) {
    this.#options = options;
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
