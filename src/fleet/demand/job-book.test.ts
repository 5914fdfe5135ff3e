import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobBook } from './job-book.ts';
import { factOf, type JobFact, type WorkflowJob } from './job-fact.ts';

const at = (second: number): string => new Date(1_700_000_000_000 + second * 1_000).toISOString();
const job = (id: number, status: string, second: number, more: Partial<WorkflowJob> = {}): WorkflowJob => ({
  id,
  status,
  labels: ['linux'],
  created_at: at(0),
  started_at: at(second),
  completed_at: status === 'completed' ? at(second) : null,
  ...more,
});
const fact = (id: number, status: string, second = 0, repository = 'octo/app'): JobFact =>
  factOf(repository, job(id, status, second), 0);

const repository = { kind: 'repository', owner: 'Octo', name: 'App' } as const;
const statuses = (book: JobBook): string[] => book.inScope(repository).jobs.map(({ id, status }) => `${id} ${status}`);

describe('the book of jobs', () => {
  it('counts a job once, however often it is told (W1)', () => {
    const book = new JobBook();
    expect(book.note(fact(1, 'queued'))).toBe(true);
    expect(book.note(fact(1, 'queued'))).toBe(false);
    expect(statuses(book)).toEqual(['1 queued']);
  });

  it('tells of runs without jobs as last compared, and when there are others (TOT-4)', () => {
    const book = new JobBook();
    const told: string[] = [];
    book.onChange((one) => told.push(one));
    const emptyRuns = { repository: 'octo/app', queued: 1, in_progress: 0 };
    book.compared('octo/app', { atMs: 1, emptyRuns });
    book.compared('octo/app', { atMs: 2, emptyRuns: { ...emptyRuns } });
    expect(book.inScope(repository).emptyRuns).toEqual([emptyRuns]);
    expect(told).toEqual(['octo/app']);
    book.compared('octo/app', { atMs: 3, emptyRuns: { ...emptyRuns, queued: 0 } });
    expect(book.inScope(repository).emptyRuns).toBeUndefined();
    expect(told).toHaveLength(2);
  });

  it('makes no demand of a job whose end came first (W2)', () => {
    const book = new JobBook();
    book.note(fact(1, 'completed', 9));
    expect(book.note(fact(1, 'queued'))).toBe(false);
    expect(statuses(book)).toEqual([]);
  });

  it('counts a job that waits for a gate only when it is queued (W3)', () => {
    const book = new JobBook();
    book.note(fact(1, 'waiting'));
    expect(statuses(book)).toEqual([]);
    book.note(fact(1, 'queued', 5));
    expect(statuses(book)).toEqual(['1 queued']);
  });

  it('takes a status that GitHub may invent as no demand', () => {
    const book = new JobBook();
    book.note(fact(1, 'dreaming'));
    expect(statuses(book)).toEqual([]);
  });

  it('finds jobs by repository, organization and enterprise, without regard to case', () => {
    const book = new JobBook();
    book.note(fact(1, 'queued', 0, 'octo/app'));
    book.note(fact(2, 'queued', 0, 'octo/other'));
    book.note(fact(3, 'queued', 0, 'octopus/app'));
    const ids = (scope: Parameters<JobBook['inScope']>[0]): number[] => book.inScope(scope).jobs.map(({ id }) => id);
    expect(ids(repository)).toEqual([1]);
    expect(ids({ kind: 'organization', name: 'OCTO' })).toEqual([1, 2]);
    expect(ids({ kind: 'enterprise', name: 'any' })).toEqual([1, 2, 3]);
    expect(book.repositoriesIn({ kind: 'organization', name: 'octo' })).toEqual(['octo/app', 'octo/other']);
  });

  it('says of a scope that it was compared only when all of it was, and why not', () => {
    const book = new JobBook();
    const octo = { kind: 'organization', name: 'octo' } as const;
    book.note(fact(1, 'queued', 0, 'octo/app'));
    book.note(fact(2, 'queued', 0, 'octo/other'));
    book.compared('octo/app', { atMs: 5 });
    expect(book.inScope(octo).comparedAtMs).toBeUndefined();
    book.compared('octo/other', { atMs: 3 });
    expect(book.inScope(octo)).toMatchObject({ comparedAtMs: 3 });
    book.compared('octo/app', { problem: 'no answer' });
    expect(book.inScope(octo)).toMatchObject({ comparedAtMs: 3, problem: 'no answer' });
  });

  it('tells of each change once', () => {
    const book = new JobBook();
    const told: string[] = [];
    const end = book.onChange((name) => told.push(name));
    book.note(fact(1, 'queued'));
    book.note(fact(1, 'queued'));
    book.compared('octo/app', { problem: 'no answer' });
    book.compared('octo/app', { problem: 'no answer' });
    end();
    book.note(fact(2, 'queued'));
    expect(told).toEqual(['octo/app', 'octo/app']);
  });

  it('ends at the same demand in whatever order, and however often, messages come', () => {
    const lives = ['waiting', 'queued', 'in_progress', 'completed'];
    const life = fc.record({ id: fc.integer({ min: 1, max: 30 }), end: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.uniqueArray(life, { selector: ({ id }) => id }), fc.infiniteStream(fc.nat()), (jobs, random) => {
        const messages = jobs.flatMap(({ id, end }) =>
          lives.slice(0, end + 1).flatMap((status, step) => [fact(id, status, step), fact(id, status, step)]),
        );
        const shuffled = messages
          .map((message) => ({ message, rank: random.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank);
        const book = new JobBook();
        for (const { message } of shuffled) book.note(message);
        const expected = jobs
          .filter(({ end }) => end === 1 || end === 2)
          .map(({ id, end }) => `${id} ${lives[end]}`)
          .sort();
        expect(statuses(book).sort()).toEqual(expected);
      }),
    );
  });
});
