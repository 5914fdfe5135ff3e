import type { RunnerFacts } from '../../workflow/routing.ts';
import type { WorkflowCache } from './run-bundle.ts';

/** What the engine's rules need besides the store. */
export interface EngineOptions {
  cache: WorkflowCache;
  publicUrl: () => string;
  /** All registered runners, to say why a job waits. */
  runners: () => RunnerFacts[];
  /** How long an offer may stay unanswered. */
  acquireMs: number;
  /** How long a running job lives without a renewal. */
  leaseMs: number;
}
