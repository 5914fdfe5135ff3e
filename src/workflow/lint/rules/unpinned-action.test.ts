import { describe, expect, it } from 'vitest';
import { lintWorkflows } from '../lint.ts';
import { FILE, foundBy, job, step } from '../testing/found-by.ts';

describe('unpinned-action', () => {
  it('tells of an action and of a workflow of somebody else by a tag', () => {
    expect(foundBy('unpinned-action', step('uses: someone/action@v1'))).toEqual([
      '6:15 notice someone/action@v1 is not pinned to a commit.',
    ]);
    expect(foundBy('unpinned-action', job('uses: a/b/.github/workflows/x.yml@main'))).toHaveLength(1);
  });

  it.each([
    'actions/checkout@v4',
    './here',
    'docker://alpine:3',
    `someone/action@${'a'.repeat(40)}`,
  ])('says nothing of %s', (uses) => {
    expect(foundBy('unpinned-action', step(`uses: ${uses}`))).toEqual([]);
  });

  it('is off unless it is asked for', () => {
    const files = [{ path: FILE, text: step('uses: someone/action@v1') }];
    const report = lintWorkflows({ files, repository: 'a/b', isComplete: true, runners: null, hasHostedRunners: true });
    expect(report.findings).toEqual([]);
  });
});
