/** The background steps of a job, and the steps that wait for them or end them: SEM-18. */
import type { BackgroundStepControl } from '../../protocol/runner/job-message.ts';
import type { JobState } from './job-state.ts';
import type { Stage, StageResult, StopReason } from './stage.ts';
import type { StepOutput } from './step-output.ts';
import type { StepRecord } from './step-record.ts';

/** SEM-18.1 */
const MAX_RUNNING = 10;

export interface BackgroundStep {
  /** Key in the `steps` context; a generated one shows nothing there. */
  name: string;
  record: StepRecord;
  /** What it sees and sets (SEM-18.6). */
  job: JobState;
  stage: Stage;
}

interface Started extends BackgroundStep {
  ended: Promise<void>;
  result: StageResult | undefined;
  /** A control step has covered it: what it set is visible. */
  isCovered: boolean;
}

export class BackgroundSteps {
  readonly #job: JobState;
  readonly #slots: Slots;
  /** By name, in the order of their start. */
  readonly #steps = new Map<string, Started>();

  /** @param job that sees what steps have set once they are covered */
  constructor(job: JobState) {
    this.#job = job;
    this.#slots = new Slots(Number(job.variable('system.runner.maxBackgroundSteps')) || MAX_RUNNING);
  }

  /** What a stage waits for between its condition and its start. Never rejects. */
  turn = (signal: AbortSignal): Promise<void> => this.#slots.take(signal);

  /** Its condition is looked at before this returns, and its values are those of this moment (SEM-18.3). */
  start(step: BackgroundStep): void {
    const ended = step.stage.run().then((result) => {
      this.#slots.leave(step.stage.signal);
      started.result = result;
    });
    const started: Started = { ...step, ended, result: undefined, isCovered: false };
    this.#steps.set(step.name, started);
  }

  /**
   * Carries out a control step.
   * @returns the steps that have failed, in words of their names
   */
  async control({ controlType, stepIds = [] }: BackgroundStepControl, output: StepOutput): Promise<string[]> {
    const steps = controlType === 'wait-all' ? this.#uncovered : stepIds.flatMap((id) => this.#steps.get(id) ?? []);
    const names = steps.map(({ record }) => record.name).join(', ');
    if (steps.length === 0) output.print('There is no background step to wait for.');
    else output.print(controlType === 'cancel' ? `Ending: ${names}` : `Waiting for: ${names}`);
    if (controlType === 'cancel') for (const { stage } of steps) stage.stop('cancel-step');
    await this.#cover(steps);
    for (const { record, result } of steps) output.print(`${record.name}: ${result?.conclusion}`);
    // SEM-18.5: what `cancel` covers counts at the end of the job.
    return controlType === 'cancel' ? [] : this.#failed(steps);
  }

  /** What no control step has told of: the job is over when these are (SEM-18.4). @returns those that have failed */
  async rest(): Promise<string[]> {
    const open = [...this.#steps.values()].filter((step) => !this.#told.has(step));
    await this.#cover(open);
    return this.#failed(open);
  }

  /** The end of the job ends them all, those that wait for their turn too. */
  stop(reason: StopReason): void {
    for (const { stage } of this.#steps.values()) stage.stop(reason);
  }

  /** Steps whose results a control step has told of; one that `cancel` ended may still have failed before. */
  readonly #told = new Set<Started>();

  get #uncovered(): Started[] {
    return [...this.#steps.values()].filter(({ isCovered }) => !isCovered);
  }

  #failed(steps: Started[]): string[] {
    for (const step of steps) this.#told.add(step);
    return steps.flatMap(({ record, result }) => (result?.conclusion === 'failure' ? [record.name] : []));
  }

  async #cover(steps: Started[]): Promise<void> {
    await Promise.all(steps.map(({ ended }) => ended));
    for (const step of steps) {
      if (step.isCovered) continue;
      step.isCovered = true;
      this.#job.join(step.job);
      if (step.result && !step.name.startsWith('__')) this.#job.steps[step.name] = { ...step.result };
    }
  }
}

/** Room for so many at once; whoever comes first is let in first. */
class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];
  readonly #holders = new Set<AbortSignal>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with a slot, or without one when the signal comes first. */
  async take(signal: AbortSignal): Promise<void> {
    while (this.#free === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#queue.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    if (signal.aborted) return;
    this.#free--;
    this.#holders.add(signal);
  }

  leave(signal: AbortSignal): void {
    if (!this.#holders.delete(signal)) return;
    this.#free++;
    // One that was aborted meanwhile takes none, so the next is asked as well.
    for (const resolve of this.#queue.splice(0)) resolve();
  }
}
