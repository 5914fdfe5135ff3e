import { describe, expect, it } from 'vitest';
import { foundBy, job } from '../testing/found-by.ts';

const workflow = (matrix: string, expression: string): string =>
  job('runs-on: x', `strategy: { matrix: ${matrix} }`, `steps: [{ run: "\${{ ${expression} }}" }]`);

describe('unknown-matrix', () => {
  it('SEM-10.2: tells of a value that no combination has', () => {
    expect(foundBy('unknown-matrix', workflow('{ Os: [a], include: [{ os: a, extra: 1 }] }', 'matrix.node'))).toEqual([
      '6:25 error matrix.node is always null: the matrix has only Os, os, extra.',
    ]);
  });

  it('SEM-10.11: tells of a value in a job without a matrix', () => {
    expect(foundBy('unknown-matrix', job('runs-on: x', 'steps: [{ run: "${{ matrix.os }}" }]'))).toEqual([
      expect.stringContaining('the job build has no matrix'),
    ]);
  });

  it('only warns where null may be meant', () => {
    expect(foundBy('unknown-matrix', workflow('{ os: [a] }', 'matrix.node || 20'))).toEqual([
      expect.stringMatching(/^6:25 warning /),
    ]);
  });

  it.each([
    ['{ os: [a] }', 'matrix.OS'],
    ['{ include: [{ a: 1 }, { b: 2 }] }', 'matrix.b'],
    ['{ os: [a] }', 'toJSON(matrix)'],
    ['"${{ fromJSON(vars.m) }}"', 'matrix.anything'],
    ['{ os: [a], include: "${{ fromJSON(vars.m) }}" }', 'matrix.anything'],
  ])('says nothing under %s of %s', (matrix, expression) => {
    expect(foundBy('unknown-matrix', workflow(matrix, expression))).toEqual([]);
  });
});
