import { expect, test } from 'vitest';
import { sampleJob } from '../../../test/web/samples.ts';
import type { Job } from '../../protocol/dashboard/index.ts';
import { jobStages } from './job-stages.ts';

let nextId = 1;
const job = (key: string, ...needs: string[]): Job => sampleJob({ id: nextId++, runId: 1, key, needs });

const names = (jobs: Job[]): string[][] => jobStages(jobs).map((stage) => stage.map(({ key }) => key));

test('puts each job right of everything it needs', () => {
  expect(names([job('deploy', 'test', 'lint'), job('lint'), job('test', 'build'), job('build')])).toEqual([
    ['lint', 'build'],
    ['test'],
    ['deploy'],
  ]);
});

test('keeps the jobs of a matrix together', () => {
  expect(names([job('test'), job('test'), job('report', 'test')])).toEqual([['test', 'test'], ['report']]);
});

test('ends for a cycle and passes over an unknown need', () => {
  expect(
    names([job('a', 'b'), job('b', 'a'), job('c', 'nothing')])
      .flat()
      .sort(),
  ).toEqual(['a', 'b', 'c']);
});
