/** The steps of a job in order, then their post steps: SEM-15.1, SEM-19, SEM-28. */
import type { JobStep } from '../../protocol/runner/job-message.ts';
import { handlerOf } from './handlers.ts';
import type { JobState } from './job-state.ts';
import type { JobLogs } from './logs.ts';
import type { ResultsQueue } from './results-queue.ts';
import { Stage, type StageOptions, type StageResult, type StopReason } from './stage.ts';
import type { StepHandler } from './step-context.ts';
import { earlyStepName } from './step-name.ts';
import { StepRecord } from './step-record.ts';

type PostStage = Pick<StageOptions, 'step' | 'record' | 'state' | 'run'>;

export class StepsRunner {
  readonly #job: JobState;
  readonly #logs: JobLogs;
  readonly #results: ResultsQueue | undefined;
  /** In the order of their numbers; post steps join when they run. */
  readonly records: StepRecord[];
  readonly #posts: PostStage[] = [];
  #running: Stage | undefined;
  #isShuttingDown = false;

  /** @param firstNumber number of the first step's record */
  constructor(job: JobState, logs: JobLogs, results: ResultsQueue | undefined, firstNumber: number) {
    this.#job = job;
    this.#logs = logs;
    this.#results = results;
    this.records = job.message.steps.map((step, index) => {
      const name = job.masks.apply(earlyStepName(step, job.scope()));
      return new StepRecord(firstNumber + index, name, step.id);
    });
  }

  async run(): Promise<void> {
    const mainRecords = this.records.slice();
    for (const [index, step] of this.#job.message.steps.entries()) {
      const record = mainRecords[index];
      const handler = handlerOf(step);
      if (record && handler && step.enabled !== false) await this.#main(step, record, handler);
    }
    for (const post of this.#posts.reverse()) {
      this.records.push(post.record);
      const { conclusion } = await this.#stage({ ...post, condition: 'always()' });
      this.#job.note(conclusion, post.record.name);
    }
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

  async #main(step: JobStep, record: StepRecord, handler: StepHandler): Promise<void> {
    const state: Record<string, string> = {};
    const { outcome, conclusion, outputs } = await this.#stage({
      step,
      record,
      state,
      condition: step.condition || 'success()',
      run: (context) => {
        if (handler.post) this.#posts.push({ step, state, record: this.#postRecord(record), run: handler.post });
        return handler.run(context);
      },
    });
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
    const lastMain = this.#job.message.steps.length + 1;
    const record = new StepRecord(2 * lastMain + 1 - main.number, `Post ${main.name}`);
    record.isPost = true;
    return record;
  }
}
