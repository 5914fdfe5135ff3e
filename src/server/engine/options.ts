import type { RunActivity } from '../../store/events.ts';
import type { FilterOptions } from '../../workflow/index.ts';
import type { RunnerFacts } from '../../workflow/routing.ts';
import type { WorkflowReader } from '../workflow-files/workflow-reader.ts';

/** What the engine's rules need besides the store. */
export interface EngineOptions {
  reader: WorkflowReader;
  /** Where the filters of events leave a choice. */
  filters: FilterOptions;
  /** Whether a workflow may wait for this about runs of the repository; true also when that is not known. */
  listens: (repositoryId: number, activity: RunActivity) => boolean;
  /** Something was stored in `run_events`. */
  runEventDue: () => void;
  publicUrl: () => string;
  /** All registered runners, to say why a job waits. */
  runners: () => RunnerFacts[];
  /** Scale sets as their runners would be; `online` where somebody listens. */
  scaleSets: () => RunnerFacts[];
  /** How long an offer may stay unanswered. */
  acquireMs: number;
  /** How long a running job lives without a renewal. */
  leaseMs: number;
}
