/** Workflow text to plan: pure functions of (text, event, state). The only I/O is reading GitHub's schema once. */
export { callInputs, callOutputs, callSecrets } from './call-values.ts';
export {
  type CallTarget,
  callTarget,
  type LinkedCalls,
  type LinkOptions,
  type LoadedFiles,
  linkCalls,
} from './calls.ts';
export { workflowConcurrency } from './concurrency.ts';
export { nextFiring, parseCron } from './cron.ts';
export { type DispatchInputs, resolveDispatchInputs } from './dispatch-inputs.ts';
export { evaluateJobCondition, type JobCondition, resolveJob, runTitle } from './evaluate-job.ts';
export type { FilterOptions } from './event-filters.ts';
export { expandMatrix } from './expand-matrix.ts';
export { matchesRefPattern } from './fnmatch.ts';
export { githubContext } from './github-context.ts';
export { jobOf, transitiveNeeds } from './graph.ts';
export { type JobPayload, jobPayload } from './job-payload.ts';
export { type EventMatch, matchEvent } from './match-event.ts';
export * from './model.ts';
export { allPermissions, defaultPermissions, effectivePermissions, type PermissionLimits } from './permissions.ts';
export { readQuickly } from './reader/read-quickly.ts';
export { readWorkflow, unreadableWorkflow } from './reader/read-workflow.ts';
