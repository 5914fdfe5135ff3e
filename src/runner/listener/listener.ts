/** The runner's message loop: session, long poll, one job at a time. Source: runner-protocol 4. */
import { backOffMs } from '../../common/back-off.ts';
import { type Clock, sleep } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import { setting } from '../../common/settings.ts';
import type {
  BrokerMessage,
  BrokerMigrationBody,
  JobCancellationBody,
  JobRequestBody,
} from '../../protocol/runner/broker.ts';
import type { JitConfig } from '../../protocol/runner/jit-config.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { DiskKeeper } from '../disk/disk-keeper.ts';
import { HttpClient } from '../http.ts';
import type { RunnerIdentity, SignalGrace } from '../job-channel.ts';
import { JobGroups, jobLimits } from '../job-groups.ts';
import { runnerArch, runnerOs } from '../platform.ts';
import { SERVER_BACK_OFF } from '../retries.ts';
import { ContainerCheck } from './container-check.ts';
import { RunnerToken } from './credentials.ts';
import { ClockSkew, ExitCode, ListenerEnd, RegistrationGone, SessionConflict, SessionLost } from './errors.ts';
import { type JobEnd, JobRun } from './job-dispatcher.ts';
import { BrokerSession } from './session.ts';
import { explainShutdown, type ShutdownCause, surroundings } from './shutdown-cause.ts';
import { SpareWorker } from './spare-worker.ts';

const CONFLICT_GIVE_UP_MS = 4 * 60_000;
const CLOCK_SKEW_GIVE_UP_MS = 30 * 60_000;
/** Pause after a job that was not ours, doubling: somebody may offer it again and again (runner-protocol 4.5). */
const NOT_OURS_BACK_OFF = { firstMs: 1_000, maxMs: 60_000 };
/** Time that a job gets to end, with its report, when the runner is shut down. */
const SHUTDOWN_MS = 30_000;
/** Requests this listener has finished; a redelivered one must not run twice. */
const REMEMBERED_REQUESTS = 1_000;

export interface ListenerOptions {
  config: JitConfig;
  runner: RunnerIdentity;
  grace: SignalGrace;
  workerProgram: string;
  clock: Clock;
  diagnostics: Diagnostics;
  /** End after one job, though the registration stays. */
  isOnce: boolean;
  /** Called when the registration has ended at the server: with the job of an ephemeral runner, or because it was deleted. */
  onRegistrationEnd: () => void;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #http: HttpClient;
  readonly #token: RunnerToken;
  readonly #session: BrokerSession;
  readonly #isEphemeral: boolean;
  readonly #spareWorker: SpareWorker;
  readonly #disk: DiskKeeper;
  readonly #containerCheck: ContainerCheck;
  readonly #finished = new Set<string>();
  /** Aborts when the runner is to end. */
  readonly #stop = new AbortController();
  /** Aborts the pending poll, because the status has changed. */
  #repoll = new AbortController();
  #job: JobRun | undefined;
  #isDone = false;
  /** Why this machine is not fit for another job. */
  #unfit: string | undefined;
  #keepsSession = false;
  #notOurs = 0;

  constructor(options: ListenerOptions) {
    const { config, clock, runner } = options;
    this.#options = options;
    this.#isEphemeral = config.runner.Ephemeral === 'true';
    const { clientId } = config.credentials.Data;
    this.#http = new HttpClient(
      `SwitchyardRunner/${runner.version} (${runnerOs}; ${runnerArch}) ClientId/${clientId} RunnerId/${runner.id}`,
    );
    this.#token = new RunnerToken(config, this.#http, clock);
    this.#disk = new DiskKeeper(runner.workFolder, options.diagnostics);
    const limits = jobLimits();
    let groups: JobGroups | undefined;
    this.#spareWorker = new SpareWorker(options.workerProgram, () => {
      groups ??= new JobGroups(limits, options.diagnostics);
      return groups;
    });
    this.#containerCheck = new ContainerCheck(runner, options.diagnostics);
    this.#session = new BrokerSession(config, this.#http, this.#token, setting('runnerVersion'));
  }

  /** Runs until the runner's work is done or `shutdown` is called; resolves with the exit code, never rejects. */
  async run(): Promise<number> {
    try {
      await this.#takeCareOfDisk();
      await this.#openSession();
      this.#options.diagnostics.say('Listening for jobs');
      while (!this.#isOver()) await this.#turn();
      if (this.#unfit === undefined) return ExitCode.normal;
      this.#options.diagnostics.say(`The runner takes no more jobs: ${this.#unfit}`);
      return ExitCode.unfit;
    } catch (error) {
      if (this.#stop.signal.aborted) return ExitCode.normal;
      if (!(error instanceof ListenerEnd)) throw error;
      this.#options.diagnostics.say(error.message);
      if (error instanceof RegistrationGone) this.#options.onRegistrationEnd();
      return error.exitCode;
    } finally {
      await this.#job?.ended;
      await this.#spareWorker.close();
      if (!this.#keepsSession) await this.#session.delete();
      this.#http.close();
    }
  }

  /**
   * First call: the running job is ended as "runner shutdown" (SEM-28.8), and the listener within `forMs` and a moment.
   * Further calls: at once.
   */
  async shutdown(cause: ShutdownCause, forMs = SHUTDOWN_MS): Promise<void> {
    if (this.#stop.signal.aborted) return await this.#job?.kill();
    const why = explainShutdown(cause, surroundings());
    this.#options.diagnostics.say(`The runner is shutting down. ${why}`);
    this.#job?.shutdown(forMs, why);
    this.#stop.abort(new Error('the runner is shutting down'));
  }

  #isOver(): boolean {
    return this.#isDone || this.#stop.signal.aborted;
  }

  async #turn(): Promise<void> {
    try {
      const message = await this.#nextMessage();
      if (message) await this.#handle(message);
    } catch (error) {
      if (error instanceof SessionLost) return await this.#openSession();
      if (!(error instanceof ListenerEnd) || !this.#job) throw error;
      // The registration of an ephemeral runner ends with its job, perhaps before this poll: the job comes first.
      this.#options.diagnostics.note(`polling ended during a job: ${error.message}`);
      await this.#job.ended;
      if (!this.#isDone) throw error;
    }
  }

  /** Polls until something happens; a server that is away is awaited. */
  async #nextMessage(): Promise<BrokerMessage | undefined> {
    for (let failures = 0; !this.#isOver(); failures++) {
      this.#repoll = new AbortController();
      const signal = AbortSignal.any([this.#stop.signal, this.#repoll.signal]);
      try {
        const message = this.#session.poll(this.#job ? 'Busy' : 'Online', signal);
        // Once the poll is on its way: being there for jobs comes first.
        if (!this.#job) setImmediate(() => this.#prepareWorker());
        return await message;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (isFinal(error)) throw error;
        if (failures === 0)
          this.#options.diagnostics.say(`The server does not answer; trying again: ${errorText(error)}`);
        await sleep(backOffMs(failures, SERVER_BACK_OFF), signal);
      }
    }
    return undefined;
  }

  /** @throws ListenerEnd when there is no room for a job, and none can be made */
  async #takeCareOfDisk(): Promise<void> {
    const shortage = await this.#disk.makeRoom();
    if (shortage === undefined) return;
    throw new ListenerEnd(ExitCode.unfit, `The runner takes no more jobs: ${shortage}.`);
  }

  #prepareWorker(): void {
    if (!this.#job && !this.#isOver()) this.#spareWorker.prepare();
  }

  async #openSession(): Promise<void> {
    const { diagnostics, clock } = this.#options;
    const since = clock.now();
    for (let failures = 0; ; failures++) {
      try {
        return await this.#session.open(this.#stop.signal);
      } catch (error) {
        if (this.#stop.signal.aborted) throw error;
        this.#giveUpOn(error, clock.now() - since);
        if (failures === 0) diagnostics.say(`Runner connect error, trying again: ${errorText(error)}`);
        await sleep(backOffMs(failures, SERVER_BACK_OFF), this.#stop.signal);
      }
    }
  }

  /** The reaction tables of runner-protocol 3 and 4.1. */
  #giveUpOn(error: unknown, afterMs: number): void {
    if (error instanceof SessionConflict) {
      if (afterMs < CONFLICT_GIVE_UP_MS) return;
      throw new ListenerEnd(ExitCode.sessionConflict, 'Another session of this runner has stayed open for 4 minutes.');
    }
    if (error instanceof ClockSkew) {
      this.#options.diagnostics.say("This machine's clock differs from the server's by more than five minutes.");
      if (afterMs < CLOCK_SKEW_GIVE_UP_MS) return;
      throw new ListenerEnd(ExitCode.terminated, `The clocks still differ after 30 minutes: ${error.message}`);
    }
    if (error instanceof ListenerEnd) throw error;
  }

  async #handle({ messageType, body }: BrokerMessage): Promise<void> {
    switch (messageType) {
      case 'RunnerJobRequest':
        return await this.#offer(readBody<JobRequestBody>(body));
      case 'JobCancellation':
        return this.#job?.cancel(readBody<JobCancellationBody>(body));
      case 'BrokerMigration':
        return this.#session.moveTo(readBody<BrokerMigrationBody>(body).brokerBaseUrl);
      case 'ForceTokenRefresh':
        return this.#token.invalidate();
      case 'RunnerShutdown':
        this.#keepsSession = true;
        return await this.shutdown('server');
      default:
        this.#options.diagnostics.note(`message of unknown type ${String(messageType)} is dropped`);
    }
  }

  async #offer(request: JobRequestBody): Promise<void> {
    const id = request.runner_request_id;
    const { diagnostics } = this.#options;
    await this.#containerCheck.settled();
    if (typeof id !== 'string' || typeof request.run_service_url !== 'string') {
      return diagnostics.note('a job request without id or run service is dropped');
    }
    if (this.#finished.has(id)) return diagnostics.note(`request ${id} was redelivered after its end`);
    if (this.#job) return diagnostics.note(`request ${id} is ignored: request ${this.#job.requestId} is running`);
    // Not acknowledged, a job goes to somebody else.
    await this.#takeCareOfDisk();
    const job = new JobRun(request, {
      ...this.#options,
      notes: this.#disk.takeReport(),
      session: this.#session,
      http: this.#http,
      isEphemeral: this.#isEphemeral,
      takeWorker: () => this.#spareWorker.take(),
    });
    this.#job = job;
    void job.ended.then((end) => this.#jobEnded(job, end));
  }

  async #jobEnded({ requestId }: JobRun, end: JobEnd): Promise<void> {
    if (end.outcome === 'ran') {
      this.#notOurs = 0;
      this.#remember(requestId);
      if (end.unclean) this.#unfit = `something of its last one stays: ${end.unclean}.`;
    } else if (end.outcome === 'not-ours') {
      await sleep(backOffMs(this.#notOurs++, NOT_OURS_BACK_OFF), this.#stop.signal);
    }
    const isSpent = this.#isEphemeral && (end.outcome === 'ran' || end.outcome === 'withdrawn');
    if (isSpent) this.#options.onRegistrationEnd();
    this.#isDone = isSpent || this.#unfit !== undefined || (this.#options.isOnce && end.outcome === 'ran');
    // Before it says that it is there for jobs again.
    if (!this.#isDone) {
      const shortage = await this.#disk.makeRoom();
      if (shortage !== undefined) this.#unfit = `${shortage}.`;
      this.#isDone = shortage !== undefined;
    }
    this.#job = undefined;
    this.#repoll.abort();
  }

  #remember(requestId: string): void {
    this.#finished.add(requestId);
    const [oldest] = this.#finished;
    if (this.#finished.size > REMEMBERED_REQUESTS && oldest !== undefined) this.#finished.delete(oldest);
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof ListenerEnd || error instanceof SessionLost || error instanceof ClockSkew;

/** An unreadable body becomes an empty one: its fields are checked where they matter. */
function readBody<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return {} as T;
  }
}
