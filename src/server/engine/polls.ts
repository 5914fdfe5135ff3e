import type { BrokerMessage, JobCancellationBody, JobRequestBody } from '../../protocol/runner/broker.ts';
import type { Database } from '../../store/database.ts';
import { type JobRow, jobHeldBy } from '../../store/jobs.ts';
import type { Dispatcher, QueuedJob } from './dispatcher.ts';
import type { RunnerDirectory } from './runner-directory.ts';

export interface PollsOptions {
  db: Database;
  dispatcher: Dispatcher;
  directory: RunnerDirectory;
  publicUrl: () => string;
  /** Gives the job to the runner in the store; undefined when that is not possible any more. */
  assign: (job: QueuedJob, runnerId: number) => Promise<JobRow | undefined>;
  /** Puts a job that could not be assigned back, if it still waits. */
  putBack: (job: QueuedJob) => Promise<void>;
}

/**
 * The runners' long polls (runner-protocol 4.2). An idle poll waits for a job, a busy one for a cancellation. Job
 * messages are sent only to polls with status Online: a second one would make the official runner cancel the first.
 */
export class Polls {
  readonly #options: PollsOptions;
  /** How to end the waiting idle poll of a runner. */
  readonly #idle = new Map<number, () => void>();
  /** Waiting busy polls by runner. */
  readonly #busy = new Map<number, (message: BrokerMessage) => void>();
  /** Cancellations not sent yet, by runner. */
  readonly #cancellations = new Map<number, JobRow>();
  /** Jobs whose cancellation was sent. */
  readonly #sent = new Set<number>();
  #lastMessageId = 0;

  constructor(options: PollsOptions) {
    this.#options = options;
  }

  /**
   * Waits until there is a message or `signal` aborts (time is up, or the client went away).
   * @returns undefined when there was none
   */
  async poll(runnerId: number, isIdle: boolean, signal: AbortSignal): Promise<BrokerMessage | undefined> {
    this.#options.directory.arrived(runnerId);
    try {
      const held = await jobHeldBy(this.#options.db, runnerId);
      if (isIdle && held?.phase === 'assigned') return this.#jobMessage(held);
      if (isIdle && !held) return await this.#waitForJob(runnerId, signal);
      return await this.#waitForCancellation(runnerId, signal);
    } finally {
      this.#options.directory.left(runnerId);
    }
  }

  /** The runner is not registered any more: its next poll is told so. */
  removed(runnerId: number): void {
    this.#idle.get(runnerId)?.();
  }

  /** The job's runner is to be told; sent on its next poll when none is here now. */
  cancel(job: JobRow): void {
    if (job.runner_id === null || this.#sent.has(job.id)) return;
    const deliver = this.#busy.get(job.runner_id);
    if (!deliver) {
      this.#cancellations.set(job.runner_id, job);
      return;
    }
    this.#sent.add(job.id);
    deliver(this.#cancelMessage(job));
  }

  /** The job has ended: nothing more is to be said about it. */
  forget(job: JobRow): void {
    this.#sent.delete(job.id);
    if (job.runner_id !== null) this.#cancellations.delete(job.runner_id);
  }

  #waitForJob(runnerId: number, signal: AbortSignal): Promise<BrokerMessage | undefined> {
    const { dispatcher, directory } = this.#options;
    return new Promise((resolve, reject) => {
      const finish = (message?: BrokerMessage): void => {
        signal.removeEventListener('abort', stop);
        if (this.#idle.get(runnerId) === stop) this.#idle.delete(runnerId);
        resolve(message);
      };
      const stop = (): void => {
        dispatcher.unpark(runnerId);
        finish();
      };
      const park = (): void => {
        const runner = directory.get(runnerId);
        if (signal.aborted || !runner) {
          finish();
          return;
        }
        dispatcher.park({ runner, offer: (job) => void take(job).catch(reject) });
      };
      const take = async (job: QueuedJob): Promise<void> => {
        const assigned = await this.#options.assign(job, runnerId);
        if (assigned) return finish(this.#jobMessage(assigned));
        await this.#options.putBack(job);
        park();
      };
      signal.addEventListener('abort', stop, { once: true });
      this.#idle.set(runnerId, stop);
      park();
    });
  }

  #waitForCancellation(runnerId: number, signal: AbortSignal): Promise<BrokerMessage | undefined> {
    const waiting = this.#cancellations.get(runnerId);
    if (waiting) {
      this.#cancellations.delete(runnerId);
      this.#sent.add(waiting.id);
      return Promise.resolve(this.#cancelMessage(waiting));
    }
    return new Promise((resolve) => {
      const finish = (message?: BrokerMessage): void => {
        signal.removeEventListener('abort', stop);
        if (this.#busy.get(runnerId) === finish) this.#busy.delete(runnerId);
        resolve(message);
      };
      const stop = (): void => finish();
      signal.addEventListener('abort', stop, { once: true });
      this.#busy.set(runnerId, finish);
      if (signal.aborted) finish();
    });
  }

  #jobMessage(job: JobRow): BrokerMessage {
    const body: JobRequestBody = {
      runner_request_id: job.request_guid ?? '',
      should_acknowledge: true,
      run_service_url: `${this.#options.publicUrl()}/run/`,
      billing_owner_id: '',
    };
    return this.#message('RunnerJobRequest', body);
  }

  #cancelMessage(job: JobRow): BrokerMessage {
    const seconds = Math.max(60, Math.round(job.cancel_timeout_minutes * 60));
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const timeout = parts.map((part) => String(part).padStart(2, '0')).join(':');
    const body: JobCancellationBody = { jobId: job.job_guid, timeout };
    return this.#message('JobCancellation', body);
  }

  #message(messageType: BrokerMessage['messageType'], body: unknown): BrokerMessage {
    return { messageId: ++this.#lastMessageId, messageType, body: JSON.stringify(body) };
  }
}
