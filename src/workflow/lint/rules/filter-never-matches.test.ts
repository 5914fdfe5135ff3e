import { describe, expect, it } from 'vitest';
import { foundBy } from '../testing/found-by.ts';

const on = (filter: string): string => `on:\n  push: { ${filter} }\njobs: { a: { runs-on: x, steps: [{ run: x }] } }\n`;

describe('filter-never-matches', () => {
  it.each([
    ['SEM-3.4', 'branches: [refs/heads/main]', '2:21', 'names have no refs/ in front'],
    ['SEM-3.4', "tags-ignore: ['!refs/tags/v1']", '2:25', 'names have no refs/ in front'],
    ['SEM-3.10', 'paths: [./src/**]', '2:18', 'paths begin at the root of the repository'],
    ['SEM-3.10', 'paths-ignore: [/docs/**]', '2:25', 'paths begin at the root of the repository'],
    ['SEM-3.8, trap 3', "branches: ['!main', '!dev']", '2:21', 'it selects nothing'],
  ])('%s: tells of %s', (_, filter, place, problem) => {
    const found = foundBy('filter-never-matches', on(filter));
    expect(found).toEqual([expect.stringContaining(problem)]);
    expect(found[0]?.startsWith(`${place.split(':')[0]}:`)).toBe(true);
  });

  it.each([
    'branches: [main, refs-heads/x]',
    "branches: ['**', '!main']",
    "tags: ['!**']",
    'paths: [src/**, .github/**]',
    "branches-ignore: ['!main']",
  ])('says nothing of %s', (filter) => {
    expect(foundBy('filter-never-matches', on(filter))).toEqual([]);
  });
});
