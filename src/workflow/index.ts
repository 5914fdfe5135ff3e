/**
 * Workflow text to plan: pure functions of (text, event, state). The only I/O is reading GitHub's schema once.
 */
import type { JobMessage } from '../protocol/runner/job-message.ts';
import type { Json } from '../protocol/runner/tokens.ts';
import type { Reference } from './expressions/index.ts';
import type {
  Evaluated,
  EventFacts,
  JobConfiguration,
  JobContexts,
  JobState,
  ResolvedJob,
  Workflow,
  WorkflowSource,
} from './model.ts';

export * from './model.ts';

/** Never throws for a user's mistake: those are in `Workflow.errors`. */
export declare function readWorkflow(source: WorkflowSource): Workflow;
/** Whether the event starts the workflow, and in words which filter matched or refused. */
export declare function matchEvent(workflow: Workflow, event: EventFacts): { triggered: boolean; reason: string };
/** SEM-4.8. `errors` are sentences; not empty: refuse the dispatch with 422. */
export declare function resolveDispatchInputs(
  workflow: Workflow,
  given: Record<string, string>,
): { inputs: Record<string, Json>; errors: string[] };
/** SEM-5.3 */
export declare function runTitle(workflow: Workflow, contexts: JobContexts, fallback: string): string;
/** Keys of every ancestor, in file order. */
export declare function transitiveNeeds(workflow: Workflow, key: string): string[];
/** Keys of the jobs that need this one directly, in file order. */
export declare function dependents(workflow: Workflow, key: string): string[];
/** Keys of jobs that have not been decided yet and whose needs have all completed, in file order. */
export declare function readyJobs(workflow: Workflow, completed: Set<string>, decided: Set<string>): string[];
export declare function evaluateJobCondition(
  workflow: Workflow,
  key: string,
  state: JobState,
): {
  run: boolean;
  condition: string;
  /** What the context references were. */
  values: Reference[];
  error?: string;
};
export declare function expandMatrix(
  workflow: Workflow,
  key: string,
  contexts: JobContexts,
): Evaluated<JobConfiguration[]>;
export declare function resolveJob(
  workflow: Workflow,
  key: string,
  contexts: JobContexts,
  configuration: JobConfiguration,
): Evaluated<ResolvedJob>;
export type JobPayload = Pick<
  JobMessage,
  | 'steps'
  | 'environmentVariables'
  | 'defaults'
  | 'jobOutputs'
  | 'jobContainer'
  | 'jobServiceContainers'
  | 'fileTable'
  | 'actionsEnvironment'
>;
/** @param newId gives a new GUID for each step */
export declare function jobPayload(workflow: Workflow, key: string, newId: () => string): JobPayload;
