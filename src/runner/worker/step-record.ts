import { newGuid } from '../../common/ids.ts';
import { StepConclusionCode, StepStatusCode } from '../../protocol/runner/constants.ts';
import type { StepUpdate } from '../../protocol/runner/results.ts';
import type { TaskResult, WireAnnotation, WireStepResult } from '../../protocol/runner/run-service.ts';
import type { Outcome } from './job-state.ts';

/** SEM-23.7 */
const MAX_ANNOTATIONS_PER_LEVEL = 10;
const MAX_MESSAGE_LENGTH = 4_096;

export type AnnotationLevel = 'notice' | 'warning' | 'failure';
export interface Annotation {
  level: AnnotationLevel;
  message: string;
  title?: string;
  path?: string;
  startLine?: number;
  endLine?: number;
  startColumn?: number;
  endColumn?: number;
}

const TASK_RESULT: Record<Outcome, TaskResult> = {
  success: 'succeeded',
  failure: 'failed',
  cancelled: 'canceled',
  skipped: 'skipped',
};

/** One line of the job's step list, as the server and the page see it. */
export class StepRecord {
  readonly id: string;
  /** Place in the list; may move while steps are planned. */
  number: number;
  /** Its name is not its own: it is a stage before or after a main step. */
  isOutside = false;
  name: string;
  startedAt: string | undefined;
  completedAt: string | undefined;
  conclusion: Outcome | undefined;
  lineCount = 0;
  /** What the list of steps is told of a background step, or of one that waits for such (runner-protocol 8.1). */
  background: Pick<
    StepUpdate,
    'is_background' | 'background_control_type' | 'background_control_step_ids' | 'parallel_group_id'
  > = {};
  readonly annotations: Annotation[] = [];

  constructor(number: number, name: string, id: string = newGuid()) {
    this.number = number;
    this.name = name;
    this.id = id;
  }

  /** Keeps the first ten of each level. */
  annotate(annotation: Annotation): void {
    const ofLevel = this.annotations.filter(({ level }) => level === annotation.level);
    if (ofLevel.length >= MAX_ANNOTATIONS_PER_LEVEL) return;
    this.annotations.push({ ...annotation, message: annotation.message.slice(0, MAX_MESSAGE_LENGTH) });
  }

  toUpdate(): StepUpdate {
    const status = this.conclusion ? 'completed' : this.startedAt ? 'inProgress' : 'pending';
    return {
      external_id: this.id,
      number: this.number,
      name: this.name,
      status: StepStatusCode[status],
      started_at: this.startedAt ?? null,
      completed_at: this.completedAt ?? null,
      conclusion: StepConclusionCode[this.conclusion ?? 'unknown'],
      ...this.background,
    };
  }

  toResult(): WireStepResult {
    const annotations = this.annotations.map(
      (annotation): WireAnnotation => ({ ...annotation, stepNumber: this.number }),
    );
    return {
      external_id: this.id,
      number: this.number,
      name: this.name,
      status: 'completed',
      conclusion: TASK_RESULT[this.conclusion ?? 'skipped'],
      started_at: this.startedAt,
      completed_at: this.completedAt,
      completed_log_lines: this.lineCount,
      annotations,
    };
  }
}
