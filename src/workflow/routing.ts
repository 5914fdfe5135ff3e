/**
 * THE label matcher: who may take a job, and for everyone else why not (SEM-13). Pure, and free of the workflow parser,
 * so that fleet and CLI can use it.
 */
export { concernsFleet, type FleetPart, firstBrokenLink, fleetQuestion, wholeHistory } from './routing/broken-link.ts';
export { type JobRequirement, type RunnerFacts, same, type Wall, type WorkflowFile } from './routing/facts.ts';
export { labelSetKey, type Mismatch, mayTake, mismatches, surplusLabels } from './routing/matcher.ts';
export { describeOffer, describeWait } from './routing/sentences.ts';
export { describeOpenings, isEmpty, keepsOut, wallProblems } from './routing/walls.ts';
