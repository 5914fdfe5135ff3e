import { describe, expect, it } from 'vitest';
import { readQuickly } from './read-quickly.ts';
import { readWorkflow } from './read-workflow.ts';

const JOB = 'on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n';
const steps = (count: number, step: string): string => JOB + `      - ${step}\n`.repeat(count);

describe('readQuickly', () => {
  it.each([
    ['an ordinary file', steps(50, 'run: make ${{ github.sha }}')],
    ['a file that is wrong', steps(1, 'run: ${{ nope }}')],
    ['an empty file', ''],
    ['comments alone', '# nothing\n'],
    ['what is nested too deeply', `on: ${'['.repeat(1_000)}`],
  ])('reads %s as readWorkflow does', (_, text) => {
    expect(readQuickly({ path: 'ci.yml', text })).toEqual(readWorkflow({ path: 'ci.yml', text }));
  });

  it.each([
    ['a long file', `${steps(1, 'run: x')}#${'x'.repeat(32 * 1024)}`],
    ['many values', steps(1_000, 'run: x')],
    ['many expressions', steps(201, 'run: ${{ 1 }}')],
    [
      'many expressions behind aliases',
      `${steps(1, `&s {run: "${'${{ 1 }}'.repeat(50)}"}`)}${'      - *s\n'.repeat(4)}`,
    ],
    ['aliases of a long text', `${steps(1, `&s {run: ${'x'.repeat(20_000)}}`)}${'      - *s\n'.repeat(10)}`],
  ])('leaves %s to others, where it has no error', (_, text) => {
    expect(readQuickly({ path: 'ci.yml', text })).toBeUndefined();
    expect(readWorkflow({ path: 'ci.yml', text }).errors).toEqual([]);
  });
});
