/** One stage of a step, main or post, from its condition to its result: SEM-19. */
import { isoTime, systemClock } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import type { JobStep } from '../../protocol/runner/job-message.ts';
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import {
  describeSkip,
  evaluateExpression,
  evaluateTemplate,
  isTruthy,
  referencedValues,
  type Scope,
  toNumber,
  toText,
  traceExpression,
} from '../../workflow/expressions/index.ts';
import type { JobState, Outcome } from './job-state.ts';
import type { JobLogs } from './logs.ts';
import type { ResultsQueue } from './results-queue.ts';
import { StepContext } from './step-context.ts';
import { stepName } from './step-name.ts';
import { StepOutput } from './step-output.ts';
import type { StepRecord } from './step-record.ts';

/** Why a running stage is stopped. */
export type StopReason = 'cancelled' | 'timeout' | 'shutdown' | 'cancel-step';

export interface StageOptions {
  job: JobState;
  logs: JobLogs;
  results: ResultsQueue | undefined;
  step: JobStep;
  record: StepRecord;
  condition: string;
  /** The stage is skipped, whatever its condition (SEM-28.8). */
  isShuttingDown: boolean;
  state: Record<string, string>;
  /** What it waits for after its condition, which does not count as its time. Never rejects. */
  turn?: (signal: AbortSignal) => Promise<void>;
  run(context: StepContext): Promise<boolean>;
}

export interface StageResult {
  /** Before `continue-on-error`. */
  outcome: Outcome;
  /** After it. */
  conclusion: Outcome;
  outputs: Record<string, string>;
}

export class Stage {
  readonly #options: StageOptions;
  readonly #abort = new AbortController();
  #env: Record<string, string> = {};
  /** With debug logging: how the condition came to its result. */
  #trace: string[] = [];

  constructor(options: StageOptions) {
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  stop(reason: StopReason): void {
    this.#abort.abort(reason);
  }

  /** Whether the step's condition holds at this moment; an error counts as no. */
  conditionHolds(): boolean {
    try {
      return this.#isWanted();
    } catch {
      return false;
    }
  }

  /** Never rejects: whatever goes wrong is the step's failure. The condition is looked at before this returns. */
  async run(): Promise<StageResult> {
    const { job, record, logs, turn } = this.#options;
    const preparation = this.#prepare();
    if (turn && preparation === 'run') await turn(this.signal);
    record.startedAt = isoTime(Date.now());
    if (preparation === 'skip') return this.#skip();
    this.#options.results?.stepChanged(record);
    const log = logs.openStep(record);
    const output = new StepOutput(log, record, job.masks, job.isStepDebug);
    output.debug(...this.#trace, `Starting: ${record.name}`);
    job.diagnose(`step ${record.number} ${record.name} starts`);
    const result = await this.#execute(output, preparation);
    job.diagnose(`step ${record.number} ends: ${result.outcome}, ${result.conclusion}`);
    output.debug(`Finishing: ${record.name}`);
    log.close();
    return this.#conclude(result);
  }

  /** Builds the env, then tests the condition with it (SEM-19.1). */
  #prepare(): 'run' | 'skip' | { error: string } {
    const { job, step, record } = this.#options;
    try {
      this.#env = job.evaluateMapping(step.environment, job.scope(), 'env');
      if (job.isStepDebug) this.#trace = this.#traceCondition();
      if (!this.#isWanted()) return 'skip';
      if (!record.isOutside) record.name = job.masks.apply(stepName(step, this.#scope()));
      return 'run';
    } catch (error) {
      return { error: errorText(error) };
    }
  }

  #isWanted(): boolean {
    const { condition, isShuttingDown } = this.#options;
    return !isShuttingDown && isTruthy(evaluateExpression(condition, this.#conditionScope()));
  }

  #traceCondition(): string[] {
    const { record, condition, isShuttingDown } = this.#options;
    const title = `Evaluating condition for step: '${record.name}'`;
    return isShuttingDown ? [title] : [title, ...traceExpression(condition, this.#conditionScope())];
  }

  #conditionScope(): Scope {
    return this.#options.job.scope({ env: this.#env, withStatus: true, withSecrets: false });
  }

  /** The first line of a skipped step's log says why. It is what people and `explain` see. */
  #skip(): StageResult {
    const log = this.#options.logs.openStep(this.#options.record);
    log.write([this.#whySkipped(), ...this.#trace.map((line) => `##[debug]${line}`)]);
    log.close();
    return this.#conclude({ outcome: 'skipped', conclusion: 'skipped', outputs: {} });
  }

  #whySkipped(): string {
    const { job, condition, isShuttingDown } = this.#options;
    if (isShuttingDown) return 'Skipped because the runner is shutting down.';
    const values = referencedValues(condition, this.#conditionScope());
    return describeSkip({ condition, values, troubles: job.troubles, mask: (text) => job.masks.apply(text) });
  }

  async #execute(output: StepOutput, preparation: 'run' | { error: string }): Promise<StageResult> {
    if (preparation !== 'run') {
      output.error(preparation.error);
      return { outcome: 'failure', conclusion: 'failure', outputs: {} };
    }
    const { job, step, record, results, state } = this.#options;
    const context = new StepContext({
      job,
      record,
      output,
      state,
      results,
      env: this.#env,
      signal: this.#abort.signal,
      actionName: step.contextName || step.name,
    });
    const outcome = await this.#outcome(context);
    const conclusion = outcome === 'failure' && this.#continues(output) ? 'success' : outcome;
    return { outcome, conclusion, outputs: context.outputs };
  }

  async #outcome(context: StepContext): Promise<Outcome> {
    const { output } = context;
    let succeeded = false;
    let disarm = (): void => undefined;
    let minutes = 0;
    try {
      minutes = this.#timeoutMinutes();
      if (minutes > 0) {
        disarm = systemClock.after(minutes * 60_000, () => this.stop('timeout'));
      }
      this.signal.throwIfAborted();
      succeeded = await this.#options.run(context);
    } catch (error) {
      if (!this.#abort.signal.aborted) output.error(errorText(error));
    } finally {
      disarm();
    }
    // What comes later stops nothing any more.
    const isStopped = this.signal.aborted;
    const filesAreGood = await context.finish();
    if (isStopped) return this.#stopped(output, minutes);
    return succeeded && filesAreGood && !output.commandFailed ? 'success' : 'failure';
  }

  #stopped(output: StepOutput, minutes: number): Outcome {
    const reason = this.#abort.signal.reason as StopReason;
    if (reason === 'cancelled') {
      output.error('The operation was canceled.');
      return 'cancelled';
    }
    if (reason === 'cancel-step') {
      output.print('The step was ended by a cancel step.');
      return 'cancelled';
    }
    output.error(
      reason === 'timeout'
        ? `The action '${this.#options.record.name}' has timed out after ${minutes} minutes.`
        : `The runner has received a shutdown signal. ${this.#options.job.shutdownReason}`.trimEnd(),
    );
    return 'failure';
  }

  /** SEM-19.4; 0 means no limit. */
  #timeoutMinutes(): number {
    const value = this.#evaluate(this.#options.step.timeoutInMinutes);
    if (value === null || value === '') return 0;
    const minutes = toNumber(value);
    if (Number.isFinite(minutes) && minutes >= 0) return minutes;
    throw new Error(`timeout-minutes must be a number, but is '${toText(value)}'.`);
  }

  /** SEM-19.3: what cannot be evaluated rescues nothing. */
  #continues(output: StepOutput): boolean {
    try {
      return isTruthy(this.#evaluate(this.#options.step.continueOnError));
    } catch (error) {
      output.error(`continue-on-error cannot be evaluated: ${errorText(error)}`);
      return false;
    }
  }

  #evaluate(token: TemplateToken | undefined) {
    return evaluateTemplate(token ?? null, this.#scope());
  }

  #scope() {
    return this.#options.job.scope({ env: this.#env });
  }

  #conclude(result: StageResult): StageResult {
    const { record, results } = this.#options;
    record.completedAt = isoTime(Date.now());
    record.conclusion = result.conclusion;
    results?.stepChanged(record);
    return result;
  }
}
