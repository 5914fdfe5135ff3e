import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobRow } from '../../store/jobs.ts';
import type { Workflow } from '../../workflow/index.ts';
import { planRerun, type RerunChoice } from './rerun-plan.ts';
import type { Level, RunBundle } from './run-bundle.ts';

/** A job of a random workflow: what it needs by index, how each of its combinations ended, and whom it calls. */
interface Sample {
  needs: number[];
  ends: string[];
  calls: Sample[] | null;
}

const anyEnd = fc.constantFrom('success', 'success', 'failure', 'cancelled', 'skipped');

/** @param depth of calls that are still allowed */
const anyJobs = (depth: number): fc.Arbitrary<Sample[]> =>
  fc
    .array(
      fc.record({
        needs: fc.array(fc.nat(3), { maxLength: 2 }),
        ends: fc.array(anyEnd, { minLength: 1, maxLength: 2 }),
        calls: depth > 0 ? fc.option(anyJobs(depth - 1), { freq: 3 }) : fc.constant(null),
      }),
      { minLength: 1, maxLength: 4 },
    )
    // Only earlier ones, so that there are no circles.
    .map((jobs) => jobs.map((job, index) => ({ ...job, needs: job.needs.filter((need) => need < index) })));

const keyOf = (index: number): string => `j${index}`;

/** As far as the planner looks at it. */
const workflowOf = (jobs: Sample[]): Workflow =>
  ({
    jobs: jobs.map(({ needs }, index) => ({ key: keyOf(index), needs: [...new Set(needs)].map(keyOf) })),
  }) as Workflow;

/** A bundle with rows for a sample, as far as the planner looks at it. */
function bundleOf(samples: Sample[]): RunBundle {
  const levels = new Map<number | null, Level>();
  const jobs: JobRow[] = [];
  const run = { id: 1, cancel_requested_at: null };
  const bundle = { run, levels, jobs } as unknown as RunBundle;
  const add = (caller: JobRow | null, some: Sample[]): void => {
    const level = { bundle, caller, workflow: workflowOf(some), jobs: [] as JobRow[] } as unknown as Level;
    levels.set(caller?.id ?? null, level);
    for (const [index, { ends, calls }] of some.entries()) {
      for (const [combination, conclusion] of ends.entries()) {
        const matrix = ends.length > 1 ? JSON.stringify({ n: combination }) : 'null';
        const row = { id: jobs.length + 1, parent_id: caller?.id ?? null, key: keyOf(index), conclusion, matrix };
        jobs.push(row as JobRow);
        level.jobs.push(row as JobRow);
        if (calls) add(row as JobRow, calls);
      }
    }
  };
  add(null, samples);
  return bundle;
}

/**
 * Ids of the rows that begin anew, found by asking one question until nothing changes any more: does this row fail, or
 * need something that does not stay as it is?
 */
function slowlyReplaced({ jobs, levels }: RunBundle, choice: RerunChoice): Set<number> {
  const level = (job: JobRow): Level => levels.get(job.parent_id) as Level;
  const below = (job: JobRow): JobRow[] => jobs.filter(({ parent_id }) => parent_id === job.id);
  const replaced = new Set<number>();
  const isChanged = (job: JobRow): boolean => replaced.has(job.id) || below(job).some(isChanged);
  const isWanted = (job: JobRow): boolean => {
    if (choice === 'all') return true;
    if (choice !== 'failed') return job.id === choice;
    return ['failure', 'cancelled'].includes(job.conclusion ?? '') && !below(job).some(isWantedDeep);
  };
  const isWantedDeep = (job: JobRow): boolean => isWanted(job) || below(job).some(isWantedDeep);
  const mustGo = (job: JobRow): boolean => {
    const needs = level(job).workflow.jobs.find(({ key }) => key === job.key)?.needs ?? [];
    const needed = level(job).jobs.filter(({ key }) => needs.includes(key));
    return isWanted(job) || needed.some(isChanged) || replaced.has(job.parent_id ?? 0);
  };
  for (let before = -1; before !== replaced.size; ) {
    before = replaced.size;
    for (const job of jobs) if (mustGo(job)) replaced.add(job.id);
  }
  return replaced;
}

const idsOf = (jobs: JobRow[]): number[] => jobs.map(({ id }) => id).sort((a, b) => a - b);

describe('planRerun', () => {
  it('SEM-29.1, 29.3: replaces what a slow reference replaces, over random graphs with matrices and calls', () => {
    fc.assert(
      fc.property(anyJobs(2), fc.oneof(fc.constantFrom('all', 'failed'), fc.nat(20)), (samples, wanted) => {
        const bundle = bundleOf(samples);
        const choice: RerunChoice = typeof wanted === 'number' ? (wanted % bundle.jobs.length) + 1 : (wanted as 'all');
        const plan = planRerun(bundle, choice, 'http://x');
        const expected = slowlyReplaced(bundle, choice);
        expect(idsOf(plan.replaced)).toEqual([...expected].sort((a, b) => a - b));
        // Whatever goes on in part keeps its row, and every row above it too.
        const partly = bundle.jobs.filter(
          (job) =>
            !expected.has(job.id) && bundle.jobs.some((other) => isBelow(bundle, other, job) && expected.has(other.id)),
        );
        expect(idsOf(plan.reopened)).toEqual(idsOf(partly));
      }),
      { numRuns: 300 },
    );
  });

  it('SEM-29.1: puts one row in the place of a job as a whole, or one for each combination that failed', () => {
    fc.assert(
      fc.property(anyJobs(1), (samples) => {
        const bundle = bundleOf(samples);
        const { fresh, replaced } = planRerun(bundle, 'failed', 'http://x');
        for (const { level, key, like } of fresh) {
          const gone = level.jobs.filter((job) => job.key === key && replaced.includes(job));
          const made = fresh.filter((other) => other.level === level && other.key === key);
          if (like) expect(made.length).toBe(gone.length);
          else expect([made.length, gone.length]).toEqual([1, level.jobs.filter((job) => job.key === key).length]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function isBelow({ jobs }: RunBundle, job: JobRow, above: JobRow): boolean {
  if (job.parent_id === null) return false;
  if (job.parent_id === above.id) return true;
  const parent = jobs.find(({ id }) => id === job.parent_id);
  return parent !== undefined && isBelow({ jobs } as RunBundle, parent, above);
}
