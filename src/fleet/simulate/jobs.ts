import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import { jobsOfPool, type Pool } from '../autoscaling/pool-jobs.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { Policy, SimulatedPool } from './pools.ts';
import type { TraceJob } from './trace.ts';

/** A job under way in the simulation: demand as the live fleet sees it, and how long it will run. */
export interface SimulatedJob extends DemandedJob {
  runMs: number;
  startedAtMs?: number;
  /** Indexes of the pools whose runners may take it. */
  pools: readonly number[];
}

/** Finds which pools may take a job; asks the matcher once for all equal jobs. */
export class JobMaker {
  readonly #pools: readonly SimulatedPool[];
  readonly #places = new Map<string, { repository: string; pools: number[] }>();
  #made = 0;

  constructor(pools: readonly SimulatedPool[]) {
    this.#pools = pools;
  }

  make({ queuedAtMs, runMs, labels, repository }: TraceJob): SimulatedJob {
    const key = JSON.stringify([repository, labels]);
    const place = this.#places.get(key) ?? this.#placeOf(labels, repository);
    this.#places.set(key, place);
    return { id: ++this.#made, attempt: 1, labels, status: 'queued', queuedAtMs, runMs, ...place };
  }

  #placeOf(labels: readonly string[], given: string | undefined): { repository: string; pools: number[] } {
    const pools: number[] = [];
    let repository = given;
    for (const [index, { pool, policy }] of this.#pools.entries()) {
      const inScope = given ?? repositoryIn(pool.scope, policy);
      if (!matches(pool, labels, inScope)) continue;
      repository ??= inScope;
      pools.push(index);
    }
    return { repository: repository ?? 'any/repository', pools };
  }
}

/** A trace that names no repository is for every pool, as the first repository whose jobs its policy counts. */
function repositoryIn(scope: RunnerScope, policy: Policy): string {
  if (scope.kind === 'repository') return `${scope.owner}/${scope.name}`;
  const metrics = policy.kind === 'autoscaler' ? (policy.spec.metrics ?? []) : [];
  const [counted = 'repository'] = metrics.flatMap(({ repositoryNames = [] }) => repositoryNames);
  return `${scope.name}/${counted}`;
}

function matches(pool: Pool, labels: readonly string[], repository: string): boolean {
  const job: DemandedJob = { repository, id: 0, attempt: 1, labels, status: 'queued', queuedAtMs: 0 };
  return jobsOfPool(pool, [job]).length > 0;
}
