import type { RunnerScope } from '../../protocol/github/runners.ts';
import type { WatchedPlace } from '../demand/demand-service.ts';
import type { JobFact } from '../demand/job-fact.ts';
import type { Demand, DemandedJob, DemandSource, KnownDemand } from '../demand/types.ts';

/** Demand that a test writes down itself. Every scope sees all jobs. */
export class InMemoryDemand implements DemandSource, Demand {
  readonly demand = this;
  watched: readonly WatchedPlace[] = [];
  known: KnownDemand = { jobs: [] };
  readonly #listeners = new Set<(repository: string) => void>();
  #lastId = 0;

  /** Queues jobs with these labels. */
  queue(count: number, over: Partial<DemandedJob> = {}): DemandedJob[] {
    const jobs = Array.from({ length: count }, () => ({
      repository: 'octo/app',
      id: ++this.#lastId,
      attempt: 1,
      labels: ['self-hosted'],
      status: 'queued' as const,
      queuedAtMs: 0,
      ...over,
    }));
    this.set([...this.known.jobs, ...jobs]);
    return jobs;
  }

  end(...ended: DemandedJob[]): void {
    this.set(this.known.jobs.filter((job) => !ended.includes(job)));
  }

  set(jobs: readonly DemandedJob[]): void {
    this.known = { ...this.known, jobs };
    for (const listener of this.#listeners) listener('octo/app');
  }

  find(repository: string, id: number): JobFact | undefined {
    const job = this.known.jobs.find((one) => one.id === id && one.repository === repository);
    return job && { changedAtMs: job.queuedAtMs, ...job };
  }

  inScope(_scope: RunnerScope): KnownDemand {
    return this.known;
  }

  onChange(listener: (repository: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(places: readonly WatchedPlace[]): void {
    this.watched = places;
  }

  runnerChanged(): void {}

  credentialsChanged(): void {}
}
