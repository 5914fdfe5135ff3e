import { notFound, UserError } from '../../common/errors.ts';
import {
  deleteGroup,
  insertGroup,
  type RunnerGroupRow,
  type RunnerRow,
  setGroupWall,
  setRunnerWall,
  updateGroup,
} from '../../store/runners.ts';
import type { Wall } from '../../workflow/routing.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { RunnerDirectory } from './runner-directory.ts';
import type { InUnit } from './unit.ts';

export interface RunnerWallsOptions {
  inUnit: InUnit;
  directory: RunnerDirectory;
  dispatcher: Dispatcher;
  /** What else knows groups by their names is to read them anew. */
  groupRenamed: () => Promise<void>;
}

/**
 * Walls around runners and groups (SEM-13.4). One that is set or taken away counts at once, also for polls that are
 * parked and jobs that wait; a job that a runner holds already stays with it.
 */
export class RunnerWalls {
  readonly #options: RunnerWallsOptions;

  constructor(options: RunnerWallsOptions) {
    this.#options = options;
  }

  /** Before the runners are told to the directory. */
  start(groups: RunnerGroupRow[]): void {
    for (const { name, wall } of groups) this.#options.directory.setGroupWall(name, JSON.parse(wall));
  }

  /** @throws UserError 404 */
  async setOfRunner(id: number, wall: Wall | null): Promise<RunnerRow> {
    return this.#options.inUnit(async (unit) => {
      const row = await setRunnerWall(unit.db, id, JSON.stringify(wall));
      if (!row) throw notFound(`Runner ${id}`);
      unit.afterCommit(() => this.#options.directory.setWall(id, wall));
      unit.afterCommit(() => this.regroup());
      unit.changed('runner', id);
      return row;
    });
  }

  /** Also of runners that join the group later. @throws UserError 404 */
  async setOfGroup(name: string, wall: Wall | null): Promise<void> {
    const { inUnit, directory } = this.#options;
    await inUnit(async (unit) => {
      const group = await setGroupWall(unit.db, name, JSON.stringify(wall));
      if (!group) throw notFound(`Runner group ${name}`);
      unit.afterCommit(() => directory.setGroupWall(group.name, wall));
      unit.afterCommit(() => this.regroup());
      for (const runner of directory.all()) if (runner.group === group.name) unit.changed('runner', runner.id);
    });
  }

  /** @throws UserError 409 when the name is taken */
  async addGroup(name: string, wall: Wall | null): Promise<RunnerGroupRow> {
    return this.#options.inUnit(async (unit) => {
      const group = await insertGroup(unit.db, name, JSON.stringify(wall));
      if (!group) throw groupExists(name);
      unit.afterCommit(() => this.#options.directory.setGroupWall(name, wall));
      unit.afterCommit(() => this.regroup());
      return group;
    });
  }

  /** @throws UserError 409 when the name is taken */
  async changeGroup(before: RunnerGroupRow, name: string, wall: Wall | null): Promise<RunnerGroupRow> {
    const { inUnit, directory, groupRenamed } = this.#options;
    const changed = await inUnit(async (unit) => {
      const group = await updateGroup(unit.db, before.id, { name, wall: JSON.stringify(wall) });
      if (!group) throw groupExists(name);
      unit.afterCommit(() => {
        if (before.name !== name) directory.renameGroup(before.name, name);
        directory.setGroupWall(name, wall);
        this.regroup();
      });
      for (const runner of directory.all()) if (runner.group === before.name) unit.changed('runner', runner.id);
      return group;
    });
    if (before.name !== name) await groupRenamed();
    return changed;
  }

  /** Takes a group away that no runner belongs to. @returns whether it was there and empty */
  async removeGroup(group: RunnerGroupRow): Promise<boolean> {
    return this.#options.inUnit(async (unit) => {
      if (!(await deleteGroup(unit.db, group.id))) return false;
      unit.afterCommit(() => this.#options.directory.setGroupWall(group.name, null));
      return true;
    });
  }

  regroup(): void {
    this.#options.dispatcher.regroup(this.#options.directory.walls());
  }
}

const groupExists = (name: string): UserError =>
  new UserError('group-exists', `There is a runner group ${name} already.`, { status: 409 });
