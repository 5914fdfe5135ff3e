import type { ChildProcess } from 'node:child_process';
import { readdir, rename, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { newGuid } from '../../../common/ids.ts';
import type { RunnerSpec } from '../../resources/runner-spec.ts';
import { InstanceFolder } from '../instance-folder.ts';
import type { Exit } from '../types.ts';

export type Ending = Pick<Exit, 'code' | 'signal'>;

/** A runner's process that waits for its JIT config on standard input. */
export interface Spawned {
  child: ChildProcess;
  exited: Promise<Ending>;
  instanceId: string;
}

export interface SpareRunnersOptions {
  /** How many may wait at once, of all kinds together. */
  count: number;
  /** Holds a folder for each; that of a spare begins with a dot. */
  runnerRoot: string;
  /** What distinguishes processes that are there before their runner: environment and limits. */
  kindOf(spec: RunnerSpec): string;
  spawn(spec: RunnerSpec, folder: InstanceFolder): Promise<Spawned>;
  /** Ends the process and all that it may have started. */
  kill(spawned: Spawned): Promise<void>;
}

interface Spare extends Spawned {
  kind: string;
  folder: InstanceFolder;
  isOver: boolean;
}

const PREFIX = '.spare-';

/**
 * Processes of runners that were started ahead and wait for their JIT config: nothing is registered for them. They are of
 * the kinds that were asked for last, never more than `count`, and end with their standard input when the fleet dies.
 */
export class SpareRunners {
  readonly #options: SpareRunnersOptions;
  /** Oldest first. */
  #spares: Spare[] = [];
  /** Also of spares that are just being made. */
  readonly #paths = new Set<string>();
  #filling: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: SpareRunnersOptions) {
    this.#options = options;
  }

  /** One of this kind, whose folder is `folder` from now on; undefined when none waits. */
  async take(spec: RunnerSpec, folder: InstanceFolder): Promise<Spawned | undefined> {
    const kind = this.#options.kindOf(spec);
    const spare = this.#spares.find((one) => one.kind === kind && !one.isOver);
    if (!spare) return undefined;
    this.#spares = this.#spares.filter((one) => one !== spare);
    try {
      await rename(spare.folder.path, folder.path);
      this.#paths.delete(spare.folder.path);
      return spare;
    } catch {
      // The runner has left something in its folder, from before: it starts with that.
      await this.#end(spare);
      return undefined;
    }
  }

  /** Makes up for what was taken, beside whatever else happens; one that cannot be started is none. */
  refill(spec: RunnerSpec): void {
    if (this.#options.count === 0) return;
    this.#filling = this.#filling.then(() => this.#fill(spec)).catch(() => undefined);
  }

  /** Folders of spares that an earlier fleet had: their processes have ended with it. */
  async removeLeftovers(): Promise<void> {
    const { runnerRoot } = this.#options;
    for (const name of await readdir(runnerRoot).catch(() => [])) {
      const path = join(runnerRoot, name);
      if (name.startsWith(PREFIX) && !this.#paths.has(path)) await rm(path, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#filling;
    await Promise.all(this.#spares.splice(0).map((spare) => this.#end(spare)));
  }

  async #fill(spec: RunnerSpec): Promise<void> {
    const { count, kindOf } = this.#options;
    const kind = kindOf(spec);
    const over = this.#spares.filter((spare) => spare.isOver);
    this.#spares = this.#spares.filter((spare) => !spare.isOver);
    await Promise.all(over.map((spare) => this.#end(spare)));
    while (!this.#isClosed && this.#spares.filter((spare) => spare.kind === kind).length < count) {
      const other = this.#spares.length >= count ? this.#spares.find((spare) => spare.kind !== kind) : undefined;
      if (other) {
        this.#spares = this.#spares.filter((spare) => spare !== other);
        await this.#end(other);
      }
      await this.#add(spec, kind);
    }
  }

  async #add(spec: RunnerSpec, kind: string): Promise<void> {
    const folder = new InstanceFolder(this.#options.runnerRoot, `${PREFIX}${newGuid()}`);
    this.#paths.add(folder.path);
    try {
      await folder.create();
      const spare: Spare = { ...(await this.#options.spawn(spec, folder)), kind, folder, isOver: false };
      void spare.exited.then(() => {
        spare.isOver = true;
      });
      this.#spares.push(spare);
      (spare.child.stdin as Socket).unref();
    } catch (error) {
      await this.#forget(folder);
      throw error;
    }
  }

  async #end(spare: Spare): Promise<void> {
    await this.#options.kill(spare);
    await this.#forget(spare.folder);
  }

  async #forget(folder: InstanceFolder): Promise<void> {
    await folder.remove({ keepLog: false });
    this.#paths.delete(folder.path);
  }
}
