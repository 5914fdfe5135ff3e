import type { Job } from '../../protocol/dashboard/index.ts';

/**
 * The jobs in columns: each stands right of everything it needs. Several jobs may share a key (a matrix); a need that
 * names no job of the run counts for nothing.
 */
export function jobStages(jobs: readonly Job[]): Job[][] {
  const needs = new Map<string, Set<string>>();
  for (const job of jobs) needs.set(job.key, new Set([...(needs.get(job.key) ?? []), ...job.needs]));
  const depths = new Map<string, number>();

  const depthOf = (key: string): number => {
    const known = depths.get(key);
    if (known !== undefined) return known;
    // Also what a cycle finds, which a valid workflow cannot have.
    depths.set(key, 0);
    let depth = 0;
    for (const need of needs.get(key) ?? []) {
      if (needs.has(need)) depth = Math.max(depth, depthOf(need) + 1);
    }
    depths.set(key, depth);
    return depth;
  };

  const stages: Job[][] = [];
  for (const job of jobs) {
    const depth = depthOf(job.key);
    while (stages.length <= depth) stages.push([]);
    stages[depth]?.push(job);
  }
  return stages;
}
