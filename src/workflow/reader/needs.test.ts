import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorsOf, readText, withJobs } from '../../../test/support/workflow-text.ts';

const cycle = (job: string, need: string): string =>
  `Job '${job}' depends on job '${need}' which creates a cycle in the dependency graph.`;

describe('the graph of jobs', () => {
  it('SEM-9.1: needs ignore case and name the job as it is declared, once', () => {
    const { jobs } = readText(withJobs({ Build: '', test: 'needs: [BUILD, build]', last: 'needs: Test' }));
    expect(jobs.map(({ needs }) => needs)).toEqual([[], ['Build'], ['test']]);
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'unknown needs, each at its place',
      { a: 'needs: [b, nope]', b: '', c: 'needs: never' },
      ["6:16 Job 'a' depends on unknown job 'nope'.", "14:12 Job 'c' depends on unknown job 'never'."],
    ],
    ['an unknown need of the only job', { a: 'needs: b' }, ["6:12 Job 'a' depends on unknown job 'b'."]],
    ['a job that needs itself', { start: '', a: 'needs: A' }, [`10:12 ${cycle('a', 'A')}`]],
    [
      'a circle',
      { start: '', a: 'needs: c', b: 'needs: a', c: 'needs: [start, b]' },
      [`10:12 ${cycle('a', 'c')}`, `14:12 ${cycle('b', 'a')}`, `18:20 ${cycle('c', 'b')}`],
    ],
    [
      'a circle, but not the jobs that only wait for it',
      { start: '', a: 'needs: b', b: 'needs: a', after: 'needs: a', later: 'needs: after' },
      [`10:12 ${cycle('a', 'b')}`, `14:12 ${cycle('b', 'a')}`],
    ],
    [
      'jobs that all need another one',
      { a: 'needs: b', b: 'needs: a' },
      ['3:3 The workflow must contain at least one job with no dependencies.'],
    ],
  ])('SEM-9.1: refuses %s', (_, jobs, expected) => {
    expect(errorsOf(withJobs(jobs))).toEqual(expected);
  });

  it('SEM-9.1: follows a long chain and a wide diamond', () => {
    const chain = Array.from({ length: 500 }, (_, i) => [`j${i}`, i > 1 ? `needs: [j${i - 1}, j${i - 2}]` : '']);
    expect(errorsOf(withJobs(Object.fromEntries(chain)))).toEqual([]);
  });

  it('SEM-9.1: complains exactly of the needs that lie on a circle, in random graphs', () => {
    const size = 6;
    const edge = fc.tuple(fc.nat(size - 1), fc.nat(size - 1));
    fc.assert(
      fc.property(fc.uniqueArray(edge, { maxLength: 9, selector: ([from, to]) => from * size + to }), (edges) => {
        const needsOf = (job: number) => edges.filter(([from]) => from === job).map(([, to]) => `j${to}`);
        const jobs = Array.from({ length: size }, (_, job) => [`j${job}`, `needs: [${needsOf(job).join(', ')}]`]);
        const found = errorsOf(withJobs(Object.fromEntries([['start', ''], ...jobs])));
        const onCircle = edges.filter(([from, to]) => reaches(edges, to, from));
        expect(found.length > 0).toBe(onCircle.length > 0);
        for (const [from, to] of onCircle.slice(0, 10)) expect(found.join()).toContain(cycle(`j${from}`, `j${to}`));
      }),
      { numRuns: 200 },
    );
  });
});

/** Slow and sure: whether needs lead from one job to another. */
function reaches(edges: [number, number][], from: number, to: number, left = 10): boolean {
  if (from === to) return true;
  return left > 0 && edges.some(([start, end]) => start === from && reaches(edges, end, to, left - 1));
}
