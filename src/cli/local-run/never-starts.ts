import type { Job } from '../../protocol/dashboard/index.ts';
import { type JobRequirement, mismatches, type RunnerFacts } from '../../workflow/routing.ts';
import type { ServerClient } from '../client/server-client.ts';

/**
 * Finds jobs that wait for a runner which `switchyard run` will never have. Elsewhere such a job may wait for a runner
 * that comes tomorrow; here nobody would ever come, so its run is cancelled at once.
 */
export class NeverStarts {
  readonly #client: ServerClient;
  readonly #runner: RunnerFacts;
  readonly #found = new Map<number, Promise<string>>();

  /** @param labels of the only kind of runner that there is */
  constructor(client: ServerClient, labels: string[]) {
    this.#client = client;
    this.#runner = {
      id: 0,
      name: 'local',
      labels,
      group: 'Default',
      scope: { kind: 'enterprise', name: 'switchyard' },
      online: true,
      busy: false,
      wall: null,
      groupWall: null,
    };
  }

  look(job: Job): void {
    if (job.status !== 'queued' || job.labels.length === 0 || this.#found.has(job.id)) return;
    const missing = mismatches(requirementOf(job), this.#runner).flatMap((found) =>
      found.kind === 'missing-labels' ? found.labels : [],
    );
    if (missing.length > 0) this.#found.set(job.id, this.#giveUp(job, missing));
  }

  /** Why jobs could never start, or nothing. */
  async sentence(): Promise<string | null> {
    const sentences = await Promise.all(this.#found.values());
    return sentences.length > 0 ? sentences.join(' ') : null;
  }

  async #giveUp({ id, name, runId, labels }: Job, missing: string[]): Promise<string> {
    await this.#client.cancelRun(runId);
    const wants = labels.join(', ');
    return `The job "${name}" (${id}) can never start: it asks for ${wants}, and the runners here have no ${missing.join(', ')}.`;
  }
}

/** Only labels count: the runners here are in no other group and behind no wall. */
const requirementOf = ({ labels }: Job): JobRequirement => ({
  ...{ labels, group: null, repository: { owner: '', name: '' } },
  ...{ environment: null, ref: '', workflow: { repository: '', path: '', ref: '' } },
});
