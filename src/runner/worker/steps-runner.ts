/** The steps of a job in order, then their post steps: SEM-15.1, SEM-19, SEM-28. */
import type { JobStep } from '../../protocol/runner/job-message.ts';
import type { JobState } from './job-state.ts';
import type { JobLogs } from './logs.ts';
import type { ResultsQueue } from './results-queue.ts';
import { Stage, type StageOptions, type StageResult, type StopReason } from './stage.ts';
import type { StepHandler } from './step-context.ts';
import { earlyStepName } from './step-name.ts';
import { StepRecord } from './step-record.ts';

/** A stage that runs before or after all main ones. */
type OutsideStage = Pick<StageOptions, 'step' | 'record' | 'state' | 'run' | 'condition'>;

/** A step with what runs it, and what it saved for its later stages. */
interface PlannedStep {
  step: JobStep;
  record: StepRecord;
  handler: StepHandler;
  state: Record<string, string>;
}

export class StepsRunner {
  readonly #job: JobState;
  readonly #logs: JobLogs;
  readonly #results: ResultsQueue | undefined;
  /** In the order of their numbers; post steps join when they run. */
  readonly records: StepRecord[];
  readonly #mains: StepRecord[];
  #firstNumber: number;
  readonly #posts: OutsideStage[] = [];
  #running: Stage | undefined;
  #isShuttingDown = false;

  /** @param firstNumber number of the first step's record */
  constructor(job: JobState, logs: JobLogs, results: ResultsQueue | undefined, firstNumber: number) {
    this.#job = job;
    this.#logs = logs;
    this.#results = results;
    this.#firstNumber = firstNumber;
    this.#mains = job.message.steps.map((step, index) => {
      const name = job.masks.apply(earlyStepName(step, job.scope()));
      return new StepRecord(firstNumber + index, name, step.id);
    });
    this.records = this.#mains.slice();
  }

  /**
   * @param handlers of the steps, in their order
   * @param firstNumber when more came before the steps than was known at first
   */
  async run(handlers: StepHandler[], firstNumber = this.#firstNumber): Promise<void> {
    this.#firstNumber = firstNumber;
    const planned = this.#job.message.steps.flatMap((step, index): PlannedStep[] => {
      const [record, handler] = [this.#mains[index], handlers[index]];
      return record && handler && step.enabled !== false ? [{ step, record, handler, state: {} }] : [];
    });
    const isPreStarted = await this.#pres(planned);
    for (const each of planned) await this.#main(each, isPreStarted.has(each));
    for (const post of this.#posts.reverse()) {
      this.records.push(post.record);
      const { conclusion } = await this.#stage(post);
      this.#job.note(conclusion, post.record.name);
    }
  }

  /** SEM-15.1, 17.5: the `pre` stages in the order of their steps. @returns the steps whose stage has started */
  async #pres(planned: PlannedStep[]): Promise<Set<PlannedStep>> {
    const withPre = planned.filter(({ handler }) => handler.pre);
    const hasMoved = this.#mains[0]?.number !== this.#firstNumber + withPre.length;
    for (const [index, main] of this.#mains.entries()) main.number = this.#firstNumber + withPre.length + index;
    const records = withPre.map(({ record }, index) => outsideRecord(this.#firstNumber + index, `Pre ${record.name}`));
    this.records.unshift(...records);
    if (hasMoved) this.#results?.stepChanged(...this.records);
    const started = new Set<PlannedStep>();
    for (const [index, each] of withPre.entries()) {
      const { step, state, handler } = each;
      const [record, pre] = [records[index], handler.pre];
      if (!record || !pre) continue;
      const { outcome, conclusion } = await this.#stage({ step, state, record, ...pre });
      if (outcome !== 'skipped') started.add(each);
      this.#job.note(conclusion, record.name);
    }
    return started;
  }

  /** SEM-28.2: the running step goes on only if its condition still holds. */
  cancel(): void {
    this.#job.status = 'cancelled';
    if (this.#running && !this.#running.conditionHolds()) this.#running.stop('cancelled');
  }

  /** SEM-28.8: no condition is looked at any more, and the job fails. */
  shutdown(): void {
    this.#isShuttingDown = true;
    this.#job.note('failure');
    this.stop('shutdown');
  }

  stop(reason: StopReason): void {
    this.#running?.stop(reason);
  }

  async #main({ step, record, handler, state }: PlannedStep, hasStarted: boolean): Promise<void> {
    const condition = step.condition || 'success()';
    const { outcome, conclusion, outputs } = await this.#stage({ step, record, state, condition, run: handler.run });
    const { post } = handler;
    if (post && (hasStarted || outcome !== 'skipped')) {
      this.#posts.push({ step, state, record: this.#postRecord(record), ...post });
    }
    this.#job.note(conclusion, record.name);
    if (!step.contextName.startsWith('__')) this.#job.steps[step.contextName] = { outputs, outcome, conclusion };
  }

  async #stage(options: Omit<StageOptions, 'job' | 'logs' | 'results' | 'isShuttingDown'>): Promise<StageResult> {
    const isShuttingDown = this.#isShuttingDown;
    const stage = new Stage({ ...options, isShuttingDown, job: this.#job, logs: this.#logs, results: this.#results });
    this.#running = stage;
    try {
      return await stage.run();
    } finally {
      this.#running = undefined;
    }
  }

  /** Post steps run last registered first; their numbers mirror those of the main steps. */
  #postRecord(main: StepRecord): StepRecord {
    const lastMain = this.#mains.at(-1)?.number ?? 0;
    return outsideRecord(2 * lastMain + 1 - main.number, `Post ${main.name}`);
  }

  /** The number behind every post step that there may be. */
  get nextNumber(): number {
    const first = this.#mains[0]?.number ?? this.#firstNumber;
    return first + 2 * this.#mains.length;
  }
}

function outsideRecord(number: number, name: string): StepRecord {
  const record = new StepRecord(number, name);
  record.isOutside = true;
  return record;
}
