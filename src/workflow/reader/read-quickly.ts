import type { Workflow, WorkflowSource } from '../model.ts';
import { LimitExceeded, QUICK_LIMITS } from './limits.ts';
import { readWorkflow } from './read-workflow.ts';

/** Longer texts are not even tried. */
const MAX_QUICK_LENGTH = 32 * 1024;

/**
 * Reads a file where nothing may be held up for long.
 * @returns `undefined` for a file that `readWorkflow` could need more than some milliseconds for
 */
export function readQuickly(source: WorkflowSource): Workflow | undefined {
  if (source.text.length > MAX_QUICK_LENGTH) return undefined;
  try {
    return readWorkflow(source, QUICK_LIMITS);
  } catch (error) {
    if (error instanceof LimitExceeded) return undefined;
    throw error;
  }
}
