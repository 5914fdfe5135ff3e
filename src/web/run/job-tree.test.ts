import { describe, expect, test } from 'vitest';
import { sampleJob } from '../../../test/web/samples.ts';
import type { Job } from '../../protocol/dashboard/index.ts';
import { findNode, type JobItem, jobTree, stateOfGroup } from './job-tree.ts';

const job = (id: number, key: string, fields: Partial<Job> = {}): Job => sampleJob({ id, runId: 1, key, ...fields });

/** `a [b, c [d]] | e`: items of a stage by comma, stages by bar, called jobs in brackets, a matrix with its count. */
const text = (stages: JobItem[][]): string => stages.map((stage) => stage.map(item).join(', ')).join(' | ');
const item = (of: JobItem): string => {
  if (of.kind === 'matrix') return `${of.key} x${of.nodes.length}`;
  return of.children.length === 0 ? of.name : `${of.name} [${text(of.children)}]`;
};

describe('the jobs of a run', () => {
  test('stand below the job that calls them, each by its own name', () => {
    const jobs = [
      job(1, 'release', { calls: 'o/r/.github/workflows/release.yml@main' }),
      job(2, 'build', { name: 'release / build', parentId: 1 }),
      job(3, 'deploy', { name: 'release / deploy', parentId: 1, needs: ['build'], calls: 'o/r/deploy.yml@v1' }),
      job(4, 'prod', { name: 'release / deploy / prod', parentId: 3 }),
      job(5, 'build', { needs: ['release'] }),
    ];
    expect(text(jobTree(jobs))).toBe('release [build | deploy [prod]] | build');
  });

  test('keep the name that does not begin with that of the caller', () => {
    const jobs = [job(1, 'a', { calls: 'x' }), job(2, 'b', { name: 'another', parentId: 1 })];
    expect(text(jobTree(jobs))).toBe('a [another]');
  });

  test('stand for themselves when their caller is not among them', () => {
    expect(text(jobTree([job(2, 'b', { name: 'a / b', parentId: 1 })]))).toBe('a / b');
  });

  test('of a matrix are shown as one from seven on', () => {
    const matrix = (count: number) => Array.from({ length: count }, (_, index) => job(index + 1, 'test'));
    expect(text(jobTree(matrix(6)))).toBe('test, test, test, test, test, test');
    expect(text(jobTree([...matrix(7), job(9, 'lint')]))).toBe('test x7, lint');
  });
});

test('a job is found at any depth, and in a matrix', () => {
  const matrix = Array.from({ length: 8 }, (_, index) => job(index + 10, 'call', { calls: 'x' }));
  const stages = jobTree([...matrix, job(2, 'inner', { name: 'call / inner', parentId: 12 }), job(3, 'other')]);
  expect(findNode(stages, 2)?.name).toBe('inner');
  expect(findNode(stages, 12)?.children).toHaveLength(1);
  expect(findNode(stages, 99)).toBeUndefined();
});

describe('a group of jobs', () => {
  const done = (conclusion: Job['conclusion']): Job => job(1, 'a', { status: 'completed', conclusion });
  const open = (status: Job['status']): Job => job(1, 'a', { status, conclusion: null });

  test('runs while one runs, or some have ended and others not', () => {
    expect(stateOfGroup([open('queued'), open('in_progress')]).status).toBe('in_progress');
    expect(stateOfGroup([open('queued'), done('success')]).status).toBe('in_progress');
    expect(stateOfGroup([open('waiting'), open('queued')]).status).toBe('waiting');
  });

  test('ends as its worst job, and as skipped when all were', () => {
    expect(stateOfGroup([done('success'), done('failure'), done('cancelled')]).conclusion).toBe('failure');
    expect(stateOfGroup([done('success'), done('skipped')]).conclusion).toBe('success');
    expect(stateOfGroup([done('skipped')]).conclusion).toBe('skipped');
  });
});
