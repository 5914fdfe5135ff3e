/** The plan behind `switchyard plan`: a pure function of files, event and results. */
export type { EventRequest } from './event.ts';
export type { NeedResult, Plan, PlannedJob, PlannedState } from './model.ts';
export { type PlanRequest, planWorkflow } from './plan.ts';
