import { describe, expect, it } from 'vitest';
import { desiredRunners, type Evaluated, evaluate, NOT_EVALUATED } from './scale-set.ts';

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

describe('NEW-4: evaluations', () => {
  /** Assigned jobs, whether a job began or ended before, and what comes of it: wanted runners and the patch's number. */
  type Step = [assignedJobs: number, isDirty: boolean, desired: number, patchID: number];
  const QUIET = false;
  const DIRTY = true;

  const run = (limits: { minRunners: number; maxRunners?: number }, steps: Step[]): void => {
    let before: Evaluated = NOT_EVALUATED;
    for (const [index, [assignedJobs, isDirty, desired, patchID]] of steps.entries()) {
      const { evaluated, patchID: number } = evaluate(before, { ...limits, assignedJobs }, isDirty);
      // The sequence goes on also where the patch says 0.
      expect({ ...evaluated, patchID: number }, `step ${index + 1}`).toEqual({ desired, patchID, patchSeq: index });
      before = evaluated;
    }
  };

  it.each<[string, Step[]]>([
    ['the first without jobs', [[0, QUIET, 0, 0]]],
    ['the first with a job', [[1, QUIET, 1, 0]]],
    [
      'a job that ended',
      [
        [1, QUIET, 1, 0],
        [0, DIRTY, 0, 1],
      ],
    ],
    [
      'the same number of jobs again',
      [
        [1, QUIET, 1, 0],
        [1, QUIET, 1, 1],
      ],
    ],
    ['one job for another before the first', [[1, DIRTY, 1, 0]]],
    [
      'one job for another, then its end',
      [
        [1, DIRTY, 1, 0],
        [0, DIRTY, 0, 1],
      ],
    ],
  ])('without limits: %s', (_what, steps) => run({ minRunners: 0 }, steps));

  it.each<[string, Step[]]>([
    ['the first without jobs', [[0, QUIET, 1, 0]]],
    [
      'back to the minimum when jobs ended',
      [
        [2, QUIET, 3, 0],
        [0, DIRTY, 1, 1],
      ],
    ],
    [
      'then quiet, which is 0',
      [
        [3, QUIET, 4, 0],
        [0, DIRTY, 1, 1],
        [0, QUIET, 1, 0],
      ],
    ],
  ])('with a minimum of 1: %s', (_what, steps) => run({ minRunners: 1 }, steps));

  it.each<[string, Step[]]>([
    ['the first without jobs', [[0, QUIET, 0, 0]]],
    [
      'back to none when jobs ended',
      [
        [2, QUIET, 2, 0],
        [0, DIRTY, 0, 1],
      ],
    ],
    ['more jobs than that', [[6, QUIET, 5, 0]]],
    ['as many jobs', [[5, QUIET, 5, 0]]],
    [
      'more jobs than that, after others',
      [
        [1, QUIET, 1, 0],
        [6, DIRTY, 5, 1],
      ],
    ],
    [
      'back to none from more than that',
      [
        [6, QUIET, 5, 0],
        [0, DIRTY, 0, 1],
      ],
    ],
    [
      'then quiet, which is 0',
      [
        [3, QUIET, 3, 0],
        [0, DIRTY, 0, 1],
        [0, QUIET, 0, 0],
      ],
    ],
  ])('with a maximum of 5: %s', (_what, steps) => run({ minRunners: 0, maxRunners: 5 }, steps));

  it.each<[string, Step[]]>([
    ['the first without jobs', [[0, QUIET, 1, 0]]],
    [
      'back to the minimum when jobs ended',
      [
        [2, QUIET, 3, 0],
        [0, DIRTY, 1, 1],
      ],
    ],
    ['more jobs than the maximum', [[4, QUIET, 3, 0]]],
    ['as many jobs', [[3, QUIET, 3, 0]]],
    [
      'then quiet, which is 0',
      [
        [3, QUIET, 3, 0],
        [0, DIRTY, 1, 1],
        [0, QUIET, 1, 0],
      ],
    ],
  ])('with a minimum of 1 and a maximum of 3: %s', (_what, steps) => run({ minRunners: 1, maxRunners: 3 }, steps));

  it('begin anew after the largest number of 32 bits', () => {
    const before = { patchSeq: 2 ** 31 - 1, desired: 1 };
    expect(evaluate(before, { minRunners: 0, assignedJobs: 1 }, true)).toEqual({
      evaluated: { patchSeq: 1, desired: 1 },
      patchID: 1,
    });
  });
});
