/** One job from its offer to the end of its worker. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../common/clock.ts';
import { errorText, hasErrorCode } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import { inheritedEnvironment } from '../../common/settings.ts';
import type { JobCancellationBody, JobRequestBody } from '../../protocol/runner/broker.ts';
import type { JobMessage } from '../../protocol/runner/job-message.ts';
import type { TaskResult } from '../../protocol/runner/run-service.ts';
import type { Diagnostics } from '../diagnostics.ts';
import type { HttpClient } from '../http.ts';
import { type RunnerIdentity, resultOf, type SignalGrace } from '../job-channel.ts';
import { Masks } from '../masks.ts';
import type { WorkerProcess } from '../process.ts';
import { persist } from '../retries.ts';
import { JobGone, RunServiceClient } from '../run-service-client.ts';
import { killStrayProcesses } from '../stray-processes.ts';
import { acquireJob, JobNotOurs } from './acquire.ts';
import { firstRenewal, keepLease } from './lease.ts';
import type { BrokerSession } from './session.ts';

/** The worker must be gone this long before the server closes a cancelled job (SEM-28.4). */
const CANCEL_MARGIN_MS = 15_000;
const MIN_CANCEL_MS = 60_000;
/** A worker that is told to drop its job gets this long to stop its processes. */
const ABANDON_MS = 20_000;
/** Of the time for a shutdown; the rest is for the report in the place of a worker that had to be killed. */
const WORKER_SHARE = 0.8;
/** How long the report about a crashed worker is repeated while the server is away. */
const CRASH_REPORT_MS = 10 * 60_000;

export interface DispatcherOptions {
  session: BrokerSession;
  http: HttpClient;
  clock: Clock;
  diagnostics: Diagnostics;
  runner: RunnerIdentity;
  grace: SignalGrace;
  /** Gives the worker for this job. */
  takeWorker: () => WorkerProcess;
  isEphemeral: boolean;
  /** What the log of "Set up job" tells of the machine. */
  notes: string[];
}

/**
 * `not-ours`: somebody else has the job. `withdrawn`: it was the one job of an ephemeral runner and is no longer
 * offered. `not-started`: it could not be acquired or leased. `unclean`: what of the job could not be removed, in words.
 */
export type JobEnd =
  | { outcome: 'not-ours' | 'withdrawn' | 'not-started' }
  | { outcome: 'ran'; result: TaskResult; unclean?: string | undefined };

export class JobRun {
  readonly requestId: string;
  readonly ended: Promise<JobEnd>;
  readonly #options: DispatcherOptions;
  readonly #worker: WorkerProcess;
  readonly #abort = new AbortController();
  readonly #trackingId = `github_${newGuid()}`;
  readonly #timers: NodeJS.Timeout[] = [];
  #job: JobMessage | undefined;
  /** Why the listener killed the worker itself, if it did. */
  #killReason = '';
  #isShuttingDown = false;
  #shutdownReason = '';
  #isCancelled = false;

  constructor(request: JobRequestBody, options: DispatcherOptions) {
    this.requestId = request.runner_request_id;
    this.#options = options;
    // Before it is known whether the job is ours: if it must be started, that overlaps with the calls.
    this.#worker = options.takeWorker();
    this.ended = this.#run(request).finally(() => {
      this.#abort.abort();
      for (const timer of this.#timers) clearTimeout(timer);
    });
  }

  /** Answers a JobCancellation message; one for another job is ignored. */
  cancel({ jobId, timeout }: JobCancellationBody): void {
    if (this.#job?.jobId.toLowerCase() !== jobId.toLowerCase() || this.#isCancelled) return;
    this.#isCancelled = true;
    this.#options.diagnostics.note(`job ${jobId} is cancelled`);
    this.#worker.send({ type: 'cancel' });
    const budgetMs = Math.max(parseTimeSpanMs(timeout), MIN_CANCEL_MS) - CANCEL_MARGIN_MS;
    this.#killAfter(budgetMs, 'The job did not end within the time that its cancellation allows.');
  }

  /** The runner ends: the job fails (SEM-28.8), and is over after `forMs`, reported or not. @param why for its log */
  shutdown(forMs: number, why = ''): void {
    if (this.#isShuttingDown) return;
    this.#isShuttingDown = true;
    const giveUp = (): void => this.#abort.abort(new Error('the runner is shutting down'));
    if (!this.#job) return void giveUp();
    this.#shutdownReason = why;
    this.#worker.send({ type: 'shutdown', why });
    this.#killAfter(forMs * WORKER_SHARE, 'The runner was shut down and the job did not end in time.');
    this.#timers.push(setTimeout(giveUp, forMs));
  }

  /** Stops everything at once and reports nothing. */
  async kill(): Promise<void> {
    this.#worker.kill();
    await this.#cleanUp();
  }

  async #run(request: JobRequestBody): Promise<JobEnd> {
    const { session, http } = this.#options;
    try {
      const isOffered = !request.should_acknowledge || (await session.acknowledge(request, this.#abort.signal));
      // Other runners try to acquire it all the same (runner-protocol 4.4).
      if (!isOffered && this.#options.isEphemeral) return await this.#drop('withdrawn', 'the server has withdrawn it');
      const job = await acquireJob(session, request, this.#abort.signal);
      this.#job = job;
      const client = new RunServiceClient(http, job);
      const { runner, grace } = this.#options;
      this.#worker.send({ type: 'job', job, runner, grace, trackingId: this.#trackingId, notes: this.#options.notes });
      return await this.#lead(job, client);
    } catch (error) {
      const isTaken = error instanceof JobNotOurs || error instanceof JobGone;
      return await this.#drop(isTaken ? 'not-ours' : 'not-started', errorText(error));
    }
  }

  async #drop(outcome: 'not-ours' | 'withdrawn' | 'not-started', why: string): Promise<JobEnd> {
    this.#options.diagnostics.note(`request ${this.requestId} is not run: ${why}`);
    this.#worker.kill();
    await this.#worker.cleaned;
    return { outcome };
  }

  async #lead(job: JobMessage, client: RunServiceClient): Promise<JobEnd> {
    const { diagnostics, clock } = this.#options;
    const lockedUntil = await firstRenewal(client, this.#abort.signal);
    diagnostics.say(`Running job: ${job.jobDisplayName}`);
    this.#worker.send({ type: 'start', group: (await this.#worker.group)?.folders });
    if (this.#isShuttingDown) this.#worker.send({ type: 'shutdown', why: this.#shutdownReason });
    const leaseEnd = new AbortController();
    const lease = keepLease(client, lockedUntil, clock, leaseEnd.signal).then((end) => {
      if (end === 'gone') this.#abandon(job);
    });
    const { code, signal, output } = await this.#worker.exited;
    const result = resultOf(code) ?? (await this.#reportCrash(job, client, { code, signal, output }));
    leaseEnd.abort();
    await lease;
    diagnostics.say(`Job ${job.jobDisplayName} completed with result: ${capitalized(result)}`);
    return { outcome: 'ran', result, unclean: await this.#leftovers() };
  }

  /** What the next job would find of this one. */
  async #leftovers(): Promise<string | undefined> {
    const pids = await this.#worker.cleaned;
    if (pids.length > 0) return `processes ${pids.slice(0, 5).join(', ')} cannot be ended`;
    const temp = join(this.#options.runner.workFolder, '_temp');
    try {
      if ((await readdir(temp)).length > 0) await (await import('../worker/folders.ts')).emptyFolder(temp);
      return undefined;
    } catch (error) {
      return hasErrorCode(error, 'ENOENT') ? undefined : `${temp} cannot be emptied: ${errorText(error)}`;
    }
  }

  #abandon(job: JobMessage): void {
    this.#options.diagnostics.say(`Job ${job.jobDisplayName} was closed by the server; it is stopped.`);
    this.#worker.send({ type: 'abandon' });
    this.#killAfter(ABANDON_MS, 'The server closed the job.');
  }

  #killAfter(delayMs: number, reason: string): void {
    this.#timers.push(
      setTimeout(() => {
        this.#killReason = reason;
        this.#worker.kill();
      }, delayMs),
    );
  }

  /** A worker that ended without a result: its processes are stopped, and the job is completed in its place. */
  async #reportCrash(
    job: JobMessage,
    client: RunServiceClient,
    exit: { code: number | null; signal: NodeJS.Signals | null; output: string },
  ): Promise<TaskResult> {
    const { diagnostics } = this.#options;
    await this.#cleanUp();
    const conclusion: TaskResult = this.#isCancelled ? 'canceled' : 'failed';
    const message = this.#crashMessage(job, exit);
    diagnostics.note(`job ${job.jobId}: ${message}`);
    const annotation = { level: 'failure' as const, message };
    try {
      await persist(
        () => client.complete({ conclusion, annotations: [annotation] }, this.#abort.signal),
        CRASH_REPORT_MS,
        this.#abort.signal,
      );
    } catch (error) {
      diagnostics.note(`the end of job ${job.jobId} could not be reported: ${errorText(error)}`);
    }
    return conclusion;
  }

  /** What the worker would have done. */
  async #cleanUp(): Promise<void> {
    await this.#worker.cleaned;
    await killStrayProcesses(this.#trackingId);
    const { removeJobOfDeadWorker } = await import('../worker/containers/clean-up.ts');
    await removeJobOfDeadWorker(inheritedEnvironment(), this.#trackingId);
  }

  #crashMessage(
    job: JobMessage,
    { code, signal, output }: { code: number | null; signal: string | null; output: string },
  ): string {
    if (this.#killReason !== '') return this.#killReason;
    const how = signal ? `was ended by signal ${signal}` : `ended with exit code ${code ?? 'unknown'}`;
    const masks = new Masks();
    for (const { value, isSecret } of Object.values(job.variables)) if (isSecret) masks.add(value);
    const tail = masks.apply(output.trim()).slice(-2_000);
    return `The worker process of this job ${how} unexpectedly.${tail ? `\n${tail}` : ''}`;
  }
}

/** .NET's `[d.]hh:mm:ss[.fffffff]`; anything else counts as 0. */
export function parseTimeSpanMs(text: string): number {
  const match = /^(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(text);
  if (!match) return 0;
  const [, days = '0', hours, minutes, seconds] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
