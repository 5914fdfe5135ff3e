import { isDeepStrictEqual } from 'node:util';
import { BoundedMap } from '../../common/bounded-map.ts';
import { type RunnerScope, scopeName } from '../../protocol/github/runners.ts';
import { type JobFact, supersedes } from './job-fact.ts';
import type { Demand, DemandedJob, EmptyRuns, KnownDemand } from './types.ts';

/** Ends of jobs that are remembered, so that a `queued` which comes late makes no demand. */
const REMEMBERED_ENDS = 20_000;

interface RepositoryPage {
  /** OWNER/NAME as first heard. */
  name: string;
  jobs: Map<number, JobFact>;
  comparedAtMs?: number;
  problem?: string;
  emptyRuns?: EmptyRuns;
}

/** The jobs that are not over, by repository. All in memory; `JobRecord` keeps what was told by webhooks. */
export class JobBook implements Demand {
  readonly #pages = new Map<string, RepositoryPage>();
  readonly #ended = new BoundedMap<string, JobFact>(REMEMBERED_ENDS);
  readonly #listeners = new Set<(repository: string) => void>();
  /** Called with each fact that is news, and what was known of the job before. */
  onNews: (fact: JobFact, before: JobFact | undefined) => void = () => undefined;

  /** @returns whether it was news; a job that has ended, or is further on, is never taken back */
  note(news: JobFact): boolean {
    const page = this.#page(news.repository);
    const before = this.#ended.get(endKey(news)) ?? page.jobs.get(news.id);
    if (!supersedes(news, before)) return false;
    // Who told it first is what people want to know.
    const fact = before?.heard ? { ...news, heard: before.heard } : news;
    if (fact.status === 'completed') {
      page.jobs.delete(fact.id);
      this.#ended.set(endKey(fact), fact);
    } else {
      page.jobs.set(fact.id, fact);
    }
    this.onNews(fact, before);
    this.#tell(page.name);
    return true;
  }

  find(repository: string, id: number): JobFact | undefined {
    const known = this.#pages.get(repository.toLowerCase())?.jobs.get(id);
    return known ?? this.#ended.get(endKey({ repository, id }));
  }

  /** Every job of the repository that is not over, also those that wait for a gate. */
  unfinished(repository: string): JobFact[] {
    return [...(this.#pages.get(repository.toLowerCase())?.jobs.values() ?? [])];
  }

  /** Repositories with jobs that wait for a runner or have one. */
  repositoriesWithJobs(): string[] {
    const withJobs = [...this.#pages.values()].filter(({ jobs }) => [...jobs.values()].some(isDemand));
    return withJobs.map(({ name }) => name);
  }

  /** Why the repository could not be compared with its server. */
  problemOf(repository: string): string | undefined {
    return this.#pages.get(repository.toLowerCase())?.problem;
  }

  /** The repository was compared with its server; `problem` says why that failed, then the earlier time stays. */
  compared(repository: string, result: { atMs: number; emptyRuns?: EmptyRuns } | { problem: string }): void {
    const page = this.#page(repository);
    const { problem, emptyRuns } = page;
    page.problem = 'problem' in result ? result.problem : undefined;
    if ('atMs' in result) {
      page.comparedAtMs = result.atMs;
      page.emptyRuns = someOf(result.emptyRuns);
    }
    if (page.problem !== problem || !isDeepStrictEqual(page.emptyRuns, emptyRuns)) this.#tell(page.name);
  }

  inScope(scope: RunnerScope): KnownDemand {
    const pages = this.#pagesOf(scope);
    const compared = pages.map(({ comparedAtMs }) => comparedAtMs);
    const problem = pages.find((page) => page.problem)?.problem;
    const emptyRuns = pages.flatMap((page) => page.emptyRuns ?? []);
    return {
      jobs: pages.flatMap(({ jobs }) => [...jobs.values()].filter(isDemand)),
      ...(emptyRuns.length > 0 ? { emptyRuns } : {}),
      comparedAtMs: compared.reduce(earlier, compared[0]),
      ...(problem ? { problem } : {}),
    };
  }

  /** Repositories in this scope that something was heard of. */
  repositoriesIn(scope: RunnerScope): string[] {
    return this.#pagesOf(scope).map(({ name }) => name);
  }

  onChange(listener: (repository: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #pagesOf(scope: RunnerScope): RepositoryPage[] {
    if (scope.kind === 'enterprise') return [...this.#pages.values()];
    const name = scopeName(scope).toLowerCase();
    if (scope.kind === 'repository') return [this.#pages.get(name) ?? []].flat();
    return [...this.#pages].filter(([key]) => key.startsWith(`${name}/`)).map(([, page]) => page);
  }

  #page(repository: string): RepositoryPage {
    const key = repository.toLowerCase();
    const page = this.#pages.get(key) ?? { name: repository, jobs: new Map() };
    this.#pages.set(key, page);
    return page;
  }

  #tell(repository: string): void {
    for (const listener of this.#listeners) listener(repository);
  }
}

const endKey = ({ repository, id }: Pick<JobFact, 'repository' | 'id'>): string => `${repository.toLowerCase()}/${id}`;

const someOf = (runs: EmptyRuns | undefined): EmptyRuns | undefined =>
  runs && runs.queued + runs.in_progress > 0 ? runs : undefined;

const isDemand = (fact: JobFact): fact is JobFact & { status: DemandedJob['status'] } => fact.status !== 'waiting';

/** Undefined wins: a scope was compared when all of it was. */
const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.min(a, b);
