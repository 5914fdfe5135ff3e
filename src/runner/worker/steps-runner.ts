/** The steps of a job in order, then their post steps: SEM-15.1, SEM-18, SEM-19, SEM-28. */
import { BackgroundSteps } from './background-steps.ts';
import type { JobState } from './job-state.ts';
import type { JobLogs } from './logs.ts';
import { type MainStep, mainSteps } from './main-steps.ts';
import type { ResultsQueue } from './results-queue.ts';
import { Stage, type StageOptions, type StageResult, type StopReason } from './stage.ts';
import type { StepContext, StepHandler } from './step-context.ts';
import { StepRecord } from './step-record.ts';

/** A stage that runs before or after all main ones. */
type OutsideStage = Pick<StageOptions, 'step' | 'record' | 'state' | 'run' | 'condition'>;

/** A step with what runs it, and what it saved for its later stages. */
interface PlannedStep extends MainStep {
  handler: StepHandler;
  state: Record<string, string>;
  /** Its `pre` or main stage has started, so its `post` is due (SEM-17.5). */
  hasStarted: boolean;
}

/** Of a control step: all it does is done by the stage itself. */
const NO_HANDLER: StepHandler = { run: async () => true };

export class StepsRunner {
  readonly #job: JobState;
  readonly #logs: JobLogs;
  readonly #results: ResultsQueue | undefined;
  /** In the order of their numbers; post steps join when they run. */
  readonly records: StepRecord[];
  readonly #mains: MainStep[];
  #firstNumber: number;
  readonly #background: BackgroundSteps;
  #running: Stage | undefined;
  /** The running step waits for others, and ends with the job whatever its condition. */
  #isWaiting = false;
  #isShuttingDown = false;

  /** @param firstNumber number of the first step's record */
  constructor(job: JobState, logs: JobLogs, results: ResultsQueue | undefined, firstNumber: number) {
    this.#job = job;
    this.#logs = logs;
    this.#results = results;
    this.#firstNumber = firstNumber;
    this.#background = new BackgroundSteps(job);
    this.#mains = mainSteps(job, firstNumber);
    this.records = this.#mains.map(({ record }) => record);
  }

  /**
   * @param handlers of the steps of the message, in their order; none for control steps
   * @param firstNumber when more came before the steps than was known at first
   */
  async run(handlers: (StepHandler | undefined)[], firstNumber = this.#firstNumber): Promise<void> {
    this.#firstNumber = firstNumber;
    const planned = this.#mains.flatMap((main, index): PlannedStep[] => {
      const handler = main.control ? NO_HANDLER : handlers[index];
      return handler && main.step.enabled !== false ? [{ ...main, handler, state: {}, hasStarted: false }] : [];
    });
    await this.#pres(planned);
    for (const each of planned) await this.#main(each);
    for (const name of await this.#background.rest()) this.#job.note('failure', name);
    for (const post of this.#posts(planned).reverse()) {
      this.records.push(post.record);
      const { conclusion } = await this.#stage(post);
      this.#job.note(conclusion, post.record.name);
    }
  }

  /** SEM-15.1, 17.5: the `pre` stages in the order of their steps. */
  async #pres(planned: PlannedStep[]): Promise<void> {
    const withPre = planned.filter(({ handler }) => handler.pre);
    const hasMoved = this.#mains[0]?.record.number !== this.#firstNumber + withPre.length;
    for (const [index, { record }] of this.#mains.entries()) record.number = this.#firstNumber + withPre.length + index;
    const records = withPre.map(({ record }, index) => outsideRecord(this.#firstNumber + index, `Pre ${record.name}`));
    this.records.unshift(...records);
    if (hasMoved) this.#results?.stepChanged(...this.records);
    for (const [index, each] of withPre.entries()) {
      const { step, state, handler } = each;
      const [record, pre] = [records[index], handler.pre];
      if (!record || !pre) continue;
      const { outcome, conclusion } = await this.#stage({ step, state, record, ...pre });
      if (outcome !== 'skipped') each.hasStarted = true;
      this.#job.note(conclusion, record.name);
    }
  }

  /** SEM-28.2: the running step goes on only if its condition still holds; background steps end. */
  cancel(): void {
    this.#job.status = 'cancelled';
    this.#background.stop('cancelled');
    if (this.#running && (this.#isWaiting || !this.#running.conditionHolds())) this.#running.stop('cancelled');
  }

  /** SEM-28.8: no condition is looked at any more, and the job fails. */
  shutdown(): void {
    this.#isShuttingDown = true;
    this.#job.note('failure');
    this.stop('shutdown');
  }

  stop(reason: StopReason): void {
    this.#background.stop(reason);
    this.#running?.stop(reason);
  }

  async #main(planned: PlannedStep): Promise<void> {
    if (planned.step.background) this.#startInBackground(planned);
    else if (planned.control) await this.#control(planned);
    else await this.#foreground(planned);
  }

  async #foreground(planned: PlannedStep): Promise<void> {
    const result = await this.#stage(mainStage(planned));
    this.#job.note(result.conclusion, planned.record.name);
    this.#publish(planned, result);
  }

  #startInBackground(planned: PlannedStep): void {
    const { step, record } = planned;
    const job = this.#job.fork();
    const stage = this.#newStage({ ...mainStage(planned), job, turn: this.#background.turn });
    this.#background.start({ name: step.contextName, record, job, stage });
  }

  /** A failure of a step that is waited for is one of the job, unless this step tolerates it (SEM-18.2, 18.4). */
  async #control(planned: PlannedStep): Promise<void> {
    const { control, record } = planned;
    let failed: string[] = [];
    const run = async ({ output }: StepContext): Promise<boolean> => {
      if (control) failed = await this.#background.control(control, output);
      return failed.length === 0;
    };
    this.#isWaiting = true;
    const result = await this.#stage({ ...mainStage(planned), run });
    this.#isWaiting = false;
    const blamed = failed.length > 0 ? failed : [record.name];
    for (const name of blamed) this.#job.note(result.conclusion, name);
    this.#publish(planned, result);
  }

  #publish({ step }: PlannedStep, result: StageResult): void {
    if (!step.contextName.startsWith('__')) this.#job.steps[step.contextName] = { ...result };
  }

  #newStage(options: Omit<StageOptions, 'logs' | 'results' | 'isShuttingDown'>): Stage {
    return new Stage({
      ...options,
      isShuttingDown: this.#isShuttingDown,
      logs: this.#logs,
      results: this.#results,
    });
  }

  async #stage(options: OutsideStage): Promise<StageResult> {
    const stage = this.#newStage({ ...options, job: this.#job });
    this.#running = stage;
    try {
      return await stage.run();
    } finally {
      this.#running = undefined;
    }
  }

  /** In the order of their main steps; what there is to do may show only when those have run. */
  #posts(planned: PlannedStep[]): OutsideStage[] {
    return planned.flatMap(({ step, state, record, handler, hasStarted }) => {
      const post = hasStarted ? handler.post : undefined;
      return post ? [{ step, state, record: this.#postRecord(record), ...post }] : [];
    });
  }

  /** Post steps run last registered first; their numbers mirror those of the main steps. */
  #postRecord(main: StepRecord): StepRecord {
    const lastMain = this.#mains.at(-1)?.record.number ?? 0;
    return outsideRecord(2 * lastMain + 1 - main.number, `Post ${main.name}`);
  }

  /** The number behind every post step that there may be. */
  get nextNumber(): number {
    const first = this.#mains[0]?.record.number ?? this.#firstNumber;
    return first + 2 * this.#mains.length;
  }
}

function mainStage(planned: PlannedStep): OutsideStage {
  const { step, record, state, handler } = planned;
  const run = (context: StepContext): Promise<boolean> => {
    planned.hasStarted = true;
    return handler.run(context);
  };
  return { step, record, state, condition: step.condition || 'success()', run };
}

function outsideRecord(number: number, name: string): StepRecord {
  const record = new StepRecord(number, name);
  record.isOutside = true;
  return record;
}
