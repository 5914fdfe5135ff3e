import { expect, it } from 'vitest';
import { desiredRunners } from './scale-set.ts';

const texts = (load: Parameters<typeof desiredRunners>[0]): string[] =>
  desiredRunners(load).reasons.map(({ text }) => text);

it.each<[number, number | undefined, number, number]>([
  [0, undefined, 0, 0],
  [0, 10, 3, 3],
  [2, 10, 3, 5],
  [2, 10, 8, 10],
  [2, 10, 50, 10],
  [3, undefined, 1_000, 1_003],
  [0, 0, 5, 0],
])('NEW-3: minRunners %s, maxRunners %s and %s assigned jobs want %s', (minRunners, maxRunners, assignedJobs, wanted) => {
  expect(desiredRunners({ minRunners, maxRunners, assignedJobs }).desired).toBe(wanted);
});

it('NEW-3: says that minRunners is head-room, and what the maximum cut off', () => {
  expect(texts({ minRunners: 2, maxRunners: 10, assignedJobs: 1 })).toEqual([
    'The scale set has 1 assigned job, and keeps 2 idle for more.',
  ]);
  expect(texts({ minRunners: 0, maxRunners: 10, assignedJobs: 12 })).toEqual([
    'The scale set has 12 assigned jobs, a runner for each.',
    'maxRunners is 10, so not 12.',
  ]);
});
