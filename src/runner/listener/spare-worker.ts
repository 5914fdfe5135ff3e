import type { JobGroups } from '../job-groups.ts';
import { forkWorker, type WorkerProcess } from '../process.ts';

/**
 * A worker that is started before there is a job for it: a process of Node's needs a tenth of a second to come up, more
 * than everything else between an event and its first step together. It knows nothing until it gets its job.
 */
export class SpareWorker {
  readonly #program: string;
  readonly #groups: () => JobGroups;
  #spare: WorkerProcess | undefined;

  /** @param groups asked for when the first worker is started: a runner is there for jobs before that */
  constructor(program: string, groups: () => JobGroups) {
    this.#program = program;
    this.#groups = groups;
  }

  /** Starts one, unless one is there. */
  prepare(): void {
    if (this.#spare) return;
    const worker = forkWorker(this.#program, this.#groups());
    this.#spare = worker;
    void worker.exited.then(() => {
      if (this.#spare === worker) this.#spare = undefined;
    });
  }

  /** The spare one, or a new one where there is none: for one job, after which it ends. */
  take(): WorkerProcess {
    const worker = this.#spare ?? forkWorker(this.#program, this.#groups());
    this.#spare = undefined;
    return worker;
  }

  /** Ends the spare one. */
  async close(): Promise<void> {
    const worker = this.#spare;
    worker?.kill();
    await worker?.cleaned;
  }
}
