import { describe, expect, it } from 'vitest';
import type { JobRow } from '../../store/jobs.ts';
import { aggregate, outputsOf, resultOf } from './contexts.ts';

const job = (fields: Partial<JobRow>): JobRow =>
  ({
    key: 'a',
    phase: 'completed',
    conclusion: 'success',
    continue_on_error: 0,
    outputs: '{}',
    completed_at: null,
    ...fields,
  }) as JobRow;

describe('SEM-9.9, 31.2: the conclusion of a run', () => {
  it.each([
    [['success', 'failure', 'cancelled'], 'failure'],
    [['success', 'cancelled', 'skipped'], 'cancelled'],
    [['success', 'skipped'], 'success'],
    [['skipped', 'skipped'], 'skipped'],
    [['timed_out', 'success'], 'failure'],
  ])('of jobs with %j is %s', (conclusions, expected) => {
    expect(aggregate(conclusions.map((conclusion) => job({ conclusion })))).toBe(expected);
  });

  it('counts a failure that a job may have as success (SEM-9.8)', () => {
    expect(aggregate([job({ conclusion: 'failure', continue_on_error: 1 })])).toBe('success');
  });
});

describe('what dependants see of a matrix', () => {
  it('SEM-10.15: nothing before all combinations have completed, then the worst of them', () => {
    const one = job({ conclusion: 'success' });
    expect(resultOf([one, job({ phase: 'running', conclusion: null })], 'a')).toBeUndefined();
    expect(resultOf([one, job({ conclusion: 'cancelled' })], 'a')).toBe('cancelled');
  });

  it('SEM-10.17: of each output the value of the last to finish that has one', () => {
    const outputs = (at: string, values: object) => job({ completed_at: at, outputs: JSON.stringify(values) });
    const jobs = [
      outputs('2026-01-01T00:00:02Z', { tag: 'late', only: '' }),
      outputs('2026-01-01T00:00:01Z', { tag: 'early', only: 'set' }),
      outputs('2026-01-01T00:00:03Z', { tag: '' }),
    ];
    expect(outputsOf(jobs, 'a')).toEqual({ tag: 'late', only: 'set' });
  });

  it('SEM-27.3: no outputs of a job that never ran', () => {
    expect(outputsOf([job({ conclusion: 'skipped' })], 'a')).toEqual({});
  });
});
