/** One job in its worker process: prepared, run, reported. SEM-15. */
import { join } from 'node:path';
import { isoTime, sleep } from '../../common/clock.ts';
import type { ControlGroup } from '../../common/control-groups/index.ts';
import { errorText } from '../../common/errors.ts';
import { systemConnection } from '../../protocol/runner/job-message.ts';
import type { TaskResult } from '../../protocol/runner/run-service.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { HttpClient } from '../http.ts';
import type { ToWorker } from '../job-channel.ts';
import { runnerArch, runnerOs } from '../platform.ts';
import { killAllProcesses } from '../process.ts';
import { persist } from '../retries.ts';
import { type Completion, JobGone, RunServiceClient } from '../run-service-client.ts';
import { killStrayProcesses } from '../stray-processes.ts';
import { ActionStore } from './actions/action-store.ts';
import { handlerOf } from './actions/handlers.ts';
import { mayHaveContainers } from './containers/operator.ts';
import type { Containers } from './containers/plan.ts';
import { Feed } from './feed.ts';
import { emptyFolder, prepareFolders } from './folders.ts';
import { JobDiagnostics } from './job-diagnostics.ts';
import { completeJob, type JobEnd } from './job-end.ts';
import { JobHook } from './job-hooks.ts';
import { JobState, type JobStatus } from './job-state.ts';
import { JobLogs } from './logs.ts';
import { ResultsClient } from './results-client.ts';
import { ResultsQueue } from './results-queue.ts';
import { setUpJob } from './setup.ts';
import type { StepHandler } from './step-context.ts';
import { StepOutput } from './step-output.ts';
import { StepRecord } from './step-record.ts';
import { StepsRunner } from './steps-runner.ts';

/** A finished job is reported until the server takes it; the server's own lease ends much earlier. */
const COMPLETE_MS = 60 * 60_000;
/** Nobody watches any more: the last report gets this long. */
const LAST_WORDS_MS = 5_000;

const TASK_RESULT: Record<JobStatus, TaskResult> = { success: 'succeeded', failure: 'failed', cancelled: 'canceled' };

export class Job {
  readonly #state: JobState;
  readonly #http: HttpClient;
  readonly #runService: RunServiceClient;
  readonly #results: ResultsQueue | undefined;
  readonly #feed: Feed | undefined;
  readonly #logs: JobLogs;
  readonly #logFolder: string;
  readonly #setup = new StepRecord(1, 'Set up job');
  readonly #steps: StepsRunner;
  /** What comes between "Set up job" and the steps: images of actions, containers. */
  readonly #preparations: StepRecord[] = [];
  #containers: Containers | undefined;
  readonly #stopContainers = new StepRecord(0, 'Stop containers');
  readonly #started: JobHook | undefined;
  readonly #completed: JobHook | undefined;
  readonly #complete: StepRecord;
  readonly #actions: ActionStore;
  /** Ends what the job waits for before its first step. */
  readonly #stop = new AbortController();
  readonly #prepared: Promise<unknown>;
  readonly #diagnostics: Diagnostics;
  /** Of the machine, for "Set up job". */
  readonly #notes: string[];
  /** With ACTIONS_RUNNER_DEBUG. */
  readonly #jobDiagnostics: JobDiagnostics | undefined;
  /** Set once all steps are over and the report is under way. */
  #reporting: Promise<TaskResult> | undefined;
  /** The job was ended from outside: the normal report is left out. */
  #isClosed = false;

  /** Everything that costs no step begins here: reading the message, preparing the folders. */
  constructor({ job, runner, trackingId, grace, notes }: Extract<ToWorker, { type: 'job' }>, diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    this.#notes = notes;
    const state = new JobState(job, runner, trackingId, grace);
    this.#state = state;
    this.#http = new HttpClient(`SwitchyardRunner/${runner.version} (${runnerOs}; ${runnerArch}) (Worker)`);
    this.#runService = new RunServiceClient(this.#http, job);
    const resultsUrl = state.variable('system.github.results_endpoint');
    const client = resultsUrl ? new ResultsClient(this.#http, resultsUrl, job) : undefined;
    const { data, authorization } = systemConnection(job);
    this.#feed =
      (data?.FeedStreamUrl && client && new Feed(data.FeedStreamUrl, authorization.parameters.AccessToken)) ||
      undefined;
    if (state.isSwitchedOn('ACTIONS_RUNNER_DEBUG')) this.#jobDiagnostics = new JobDiagnostics(state);
    this.#results = client && new ResultsQueue(client, (line) => this.#note(line));
    this.#logFolder = join(runner.root, '_diag', 'pages');
    this.#logs = new JobLogs(this.#logFolder, state.masks, { feed: this.#feed, client, queue: this.#results });
    this.#steps = new StepsRunner(state, this.#logs, this.#results, 2);
    const parts = { job: state, logs: this.#logs, results: this.#results };
    this.#started = JobHook.of('started', parts);
    this.#completed = JobHook.of('completed', parts);
    this.#complete = new StepRecord(this.#steps.nextNumber, 'Complete job');
    this.#actions = new ActionStore(state, this.#http);
    this.#prepared = prepareFolders(state.folders, state.github.event ?? {}, job.workspace?.clean).then(
      () => undefined,
      (error: unknown) => new Error(`The folders of the job cannot be prepared: ${errorText(error)}`),
    );
  }

  /** Runs the job and reports it; resolves when the server has everything, or will take nothing more. */
  async run(group?: ControlGroup): Promise<TaskResult> {
    this.#state.group = group;
    this.#setup.startedAt = isoTime(Date.now());
    this.#diagnostics.note(`job ${this.#state.message.jobId} starts`);
    this.#results?.stepChanged(this.#setup, ...this.#steps.records, this.#complete);
    let handlers: (StepHandler | undefined)[] = [];
    const isReady = await this.#record(this.#setup, async (output) => {
      const problem = await this.#prepared;
      if (this.#notes.length > 0) output.group('Disk space', ...this.#notes);
      if (problem instanceof Error) output.error(problem.message);
      if (problem instanceof Error || !setUpJob(this.#state, output)) return false;
      await this.#planContainers();
      handlers = await this.#handlers(output);
      output.print(`Complete job name: ${this.#state.message.jobDisplayName}`);
      return true;
    });
    if (isReady) await this.#runSteps(handlers);
    else this.#state.note('failure');
    this.#complete.number = this.#steps.nextNumber + (this.#containers ? 1 : 0);
    if (isReady) await this.#completed?.run(this.#complete.number++);
    let end: JobEnd = { outputs: {} };
    await this.#record(this.#complete, async (output) => {
      end = await completeJob(this.#state, output);
      if (!this.#containers) for (const problem of await this.#removeContainers()) output.warning(problem);
      return true;
    });
    if (this.#isClosed) return 'abandoned';
    this.#reporting = this.#report(end);
    return await this.#reporting;
  }

  async #planContainers(): Promise<void> {
    if (!mayHaveContainers(this.#state)) return;
    const { planContainers } = await import('./containers/plan.ts');
    this.#containers = await planContainers(this.#state);
  }

  async #runSteps(handlers: (StepHandler | undefined)[]): Promise<void> {
    const containers = this.#containers;
    if (this.#started) {
      this.#preparations.push(this.#started.record);
      await this.#started.run(this.#setup.number + 1);
    }
    await this.#prepareContainers();
    await this.#steps.run(handlers, this.#setup.number + this.#preparations.length + 1);
    if (!containers) return;
    this.#stopContainers.number = this.#steps.nextNumber;
    const isStopped = await this.#record(this.#stopContainers, (output) => containers.stop(output));
    if (!isStopped) this.#state.note('failure', this.#stopContainers.name);
  }

  /** SEM-15.1: what fails here fails the job; the steps' conditions then see that. */
  async #prepareContainers(): Promise<void> {
    const { signal } = this.#stop;
    const images = (await this.#state.docker)?.images.all ?? [];
    for (const image of images) {
      if (!(await this.#prepare(image.title, (output) => image.make(output, signal)))) return;
    }
    const containers = this.#containers;
    if (containers) await this.#prepare('Initialize containers', (output) => containers.start(output, signal));
  }

  async #prepare(name: string, work: (output: StepOutput) => Promise<void>): Promise<boolean> {
    const record = new StepRecord(this.#setup.number + this.#preparations.length + 1, name);
    this.#preparations.push(record);
    const succeeded = await this.#record(record, async (output) => {
      await work(output);
      return true;
    });
    if (!succeeded) this.#state.note('failure', name);
    return succeeded;
  }

  /** What Docker actions left, or a job that is stopped at once. @returns sentences about what could not be removed */
  async #removeContainers(): Promise<string[]> {
    if (this.#containers) return await this.#containers.remove();
    const docker = await this.#state.docker?.catch(() => undefined);
    return (await docker?.close()) ?? [];
  }

  /** Downloads what the steps use. @throws UserError for an action that cannot be had */
  async #handlers(output: StepOutput): Promise<(StepHandler | undefined)[]> {
    const { steps } = this.#state.message;
    const references = steps.flatMap((step) => (step.type === 'action' ? [step.reference] : []));
    await this.#actions.prepare(references, output, this.#stop.signal);
    return Promise.all(steps.map((step) => (step.type === 'action' ? handlerOf(step, this.#actions) : undefined)));
  }

  cancel(): void {
    this.#stop.abort(new Error('The operation was canceled.'));
    this.#steps.cancel();
  }

  /** @param why a sentence for the log */
  shutdown(why: string): void {
    this.#state.shutdownReason = why;
    this.#stop.abort(new Error('The runner is shutting down.'));
    for (const hook of [this.#started, this.#completed]) hook?.stop('shutdown');
    this.#steps.shutdown();
  }

  /** The server has closed the job: nothing is reported any more. */
  async abandon(): Promise<void> {
    await this.#killEverything();
    this.#logs.close();
  }

  /** The listener has died: nothing may go on unobserved. */
  async listenerLost(): Promise<void> {
    if (this.#reporting) return await this.#lastWords(this.#reporting);
    await this.#killEverything();
    const message = 'The listener process of the runner ended while the job was running; the job was stopped.';
    const completion = this.#completion('failed', { outputs: {} });
    const annotations = [{ level: 'failure' as const, message }];
    await this.#lastWords(persist(() => this.#runService.complete({ ...completion, annotations }), LAST_WORDS_MS));
  }

  async #lastWords(report: Promise<unknown>): Promise<void> {
    const noted = report.catch((error: unknown) =>
      this.#diagnostics.note(`the end of the job could not be reported: ${errorText(error)}`),
    );
    await Promise.race([noted, sleep(LAST_WORDS_MS)]);
  }

  async #killEverything(): Promise<void> {
    this.#isClosed = true;
    this.#steps.shutdown();
    killAllProcesses();
    await killStrayProcesses(this.#state.trackingId, this.#state.group);
    await Promise.race([this.#removeContainers().catch(() => undefined), sleep(LAST_WORDS_MS)]);
  }

  /** A record that is not a step of the workflow. */
  async #record(record: StepRecord, work: (output: StepOutput) => Promise<boolean>): Promise<boolean> {
    record.startedAt ??= isoTime(Date.now());
    this.#results?.stepChanged(record);
    this.#state.diagnose(`${record.name} starts`);
    const log = this.#logs.openStep(record);
    const output = new StepOutput(log, record, this.#state.masks, this.#state.isStepDebug);
    const succeeded = await work(output).catch((error: unknown) => {
      output.error(errorText(error));
      return false;
    });
    log.close();
    record.completedAt = isoTime(Date.now());
    record.conclusion = succeeded ? 'success' : this.#state.status === 'cancelled' ? 'cancelled' : 'failure';
    this.#results?.stepChanged(record);
    this.#diagnostics.note(`${record.number} ${record.name}: ${record.conclusion}`);
    return succeeded;
  }

  #note(line: string): void {
    this.#diagnostics.note(this.#state.masks.apply(line));
    this.#state.diagnose(line);
  }

  async #report(end: JobEnd): Promise<TaskResult> {
    this.#logs.close();
    const result = TASK_RESULT[this.#state.status];
    for (const { number, id, conclusion } of this.#steps.records) {
      this.#diagnostics.note(`${number} step ${id}: ${conclusion ?? 'skipped'}`);
    }
    this.#diagnostics.note(`job ${this.#state.message.jobId} ends: ${result}`);
    this.#state.diagnose(`the job ends: ${result}`);
    if (this.#jobDiagnostics) this.#results?.uploadDiagnostics(this.#jobDiagnostics.zip());
    await Promise.all([this.#results?.drain(), this.#feed?.close(), this.#clean(this.#state.folders.temp)]);
    try {
      await persist(() => this.#runService.complete(this.#completion(result, end)), COMPLETE_MS);
    } catch (error) {
      this.#diagnostics.note(`the end of the job was not accepted: ${errorText(error)}`);
      if (!(error instanceof JobGone)) throw error;
    }
    this.#http.close();
    await this.#clean(this.#logFolder);
    return result;
  }

  /** Files of another user may resist; the next job tries again and says so. */
  async #clean(folder: string): Promise<void> {
    await emptyFolder(folder).catch((error: unknown) => this.#diagnostics.note(`${folder} stays: ${errorText(error)}`));
  }

  #completion(conclusion: TaskResult, { outputs, environmentUrl }: JobEnd): Completion {
    const stopped = this.#containers ? [this.#stopContainers] : [];
    const completed = this.#completed?.record.startedAt ? [this.#completed.record] : [];
    const ends = [...stopped, ...completed, this.#complete];
    const records = [this.#setup, ...this.#preparations, ...this.#steps.records, ...ends];
    return {
      conclusion,
      outputs,
      stepResults: records.map((record) => record.toResult()),
      ...(environmentUrl ? { environmentUrl } : {}),
    };
  }
}
