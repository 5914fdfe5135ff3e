import { expect, it } from 'vitest';
import { largestOf, stepArea, stepLine, timeOfPoint } from './chart-points.ts';

const points = [
  { desired: 1, runners: 1, busy: 0, queued: 4 },
  { desired: 2, runners: 1, busy: 1, queued: 0 },
];

it('draws each value as a level stretch, from the ground to the largest number of all', () => {
  expect(largestOf(points)).toBe(4);
  expect(stepLine([4, 1], 4)).toBe('0,0 1,0 1,75 2,75');
  expect(stepArea([4], 4)).toBe('0,100 0,0 1,0 1,100');
});

it('has a height also while all is zero', () => {
  expect(largestOf([{ desired: 0, runners: 0, busy: 0, queued: 0 }])).toBe(1);
  expect(stepLine([0], 1)).toBe('0,100 1,100');
});

it('knows when each stretch began', () => {
  const history = { from: '2023-07-12T00:00:00.000Z', to: '2023-07-12T01:00:00.000Z', points };
  expect(timeOfPoint(history, 1)).toBe('2023-07-12T00:30:00.000Z');
  expect(timeOfPoint({ ...history, points: [] }, 0)).toBe(history.from);
});
