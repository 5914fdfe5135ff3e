import { describe, expect, it } from 'vitest';
import { foundBy } from '../testing/found-by.ts';

const checkout = (event: string, ref: string, after = ''): string => `on: ${event}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: { ref: "${ref}" }
${after}`;

const HEAD = '${{ github.event.pull_request.head.sha }}';

describe('untrusted-checkout', () => {
  it.each([
    HEAD,
    '${{ github.head_ref }}',
    'refs/pull/${{ github.event.number }}/merge',
  ])('SEM-2.4: tells of a checkout of %s under pull_request_target', (ref) => {
    expect(foundBy('untrusted-checkout', checkout('pull_request_target', ref))).toEqual([
      expect.stringMatching(/^7:2[23] warning On pull_request_target the job build .* a stranger's code\.$/),
    ]);
  });

  it('says when later steps may run what was checked out', () => {
    const text = checkout('[push, pull_request_target]', HEAD, '      - run: make\n');
    expect(foundBy('untrusted-checkout', text)).toEqual([expect.stringMatching(/, which later steps may run\.$/)]);
  });

  it('tells of the repository of a fork', () => {
    const text = checkout('workflow_run', 'main').replace(
      'ref: "main"',
      'repository: "${{ github.event.workflow_run.head_repository.full_name }}"',
    );
    expect(foundBy('untrusted-checkout', text)).toHaveLength(1);
  });

  it.each([
    ['under pull_request', checkout('pull_request', HEAD)],
    ['of the base', checkout('pull_request_target', '${{ github.event.pull_request.base.sha }}')],
    ['of a branch', checkout('pull_request_target', 'main')],
  ])('says nothing of a checkout %s', (_, text) => {
    expect(foundBy('untrusted-checkout', text)).toEqual([]);
  });
});
