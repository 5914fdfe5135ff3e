/** Protection rules of environments (SEM-12.3). */
import type { JobRow } from '../../store/jobs.ts';
import type { EngineOptions } from './options.ts';
import type { RunBundle } from './run-bundle.ts';
import type { Unit } from './unit.ts';

export type EnvironmentAnswer =
  | { state: 'open' }
  /** @property until when to ask again at the latest, or when all patience ends */
  | { state: 'waiting'; until: string; why: string }
  | { state: 'refused'; why: string };

/** Whether the rules of the job's environment let it go on now. */
export async function askEnvironment(
  _unit: Unit,
  _options: EngineOptions,
  _bundle: RunBundle,
  _job: JobRow,
): Promise<EnvironmentAnswer> {
  return { state: 'open' };
}
