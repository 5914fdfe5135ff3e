import { inheritedEnvironment } from '../../common/settings.ts';
import type { Diagnostics } from '../diagnostics.ts';
import type { RunnerIdentity } from '../job-channel.ts';
import { isPlacementDoubtful } from '../worker/containers/contained.ts';

/** A job that is offered meanwhile waits no longer for the check. */
const PATIENCE_MS = 5_000;

/**
 * Whether jobs with containers can run here, told before the first job (D-20). Only where that is in doubt; a runner
 * whose engine is away or misplaced still runs all other jobs.
 */
export class ContainerCheck {
  readonly #settled: Promise<void>;

  /** Begins at once, beside whatever else the runner does. */
  constructor(runner: RunnerIdentity, diagnostics: Diagnostics) {
    this.#settled = check(runner, diagnostics);
  }

  /** Resolves before a job may be taken. */
  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([this.#settled, patience]);
    clearTimeout(timer);
  }
}

async function check(runner: RunnerIdentity, diagnostics: Diagnostics): Promise<void> {
  const environment = inheritedEnvironment();
  if (!isPlacementDoubtful(environment)) return;
  const { checkAhead } = await import('../worker/containers/check-ahead.ts');
  const { problem, note } = await checkAhead(runner, environment);
  if (problem === undefined) diagnostics.note(note);
  else diagnostics.say(problem);
}
