import { describe, expect, it } from 'vitest';
import { findingsOf, foundBy, step } from '../testing/found-by.ts';

const found = (...keys: string[]): string[] => foundBy('script-injection', step(...keys));

describe('script-injection', () => {
  it.each([
    'github.event.issue.title',
    'github.event.issue.body',
    'github.event.pull_request.title',
    'github.event.pull_request.head.ref',
    'github.event.comment.body',
    'github.event.commits[0].message',
    'github.event.commits.*.author.name',
    'github.event.head_commit.message',
    'github.event.pages.*.page_name',
    'github.head_ref',
    "github['event']['issue'].title",
    'GitHub.Event.Issue.Title',
    "github.event.issue.title || 'none'",
    'github.actor && github.head_ref',
    "format('{0}!', github.head_ref)",
    "join(github.event.commits.*.message, ' ')",
    'case(true, github.head_ref, 1)',
    'toJSON(github)',
    'toJSON(github.event.issue)',
    'github[inputs.name]',
  ])('SEM-21.5: tells of %s in a script', (expression) => {
    expect(found(`run: echo "\${{ ${expression} }}"`)).toHaveLength(1);
  });

  it.each([
    'github.sha',
    'github.event.number',
    'github.event.issue.number',
    'github.event.pull_request.head.sha',
    "github.head_ref == 'main'",
    "contains(github.event.issue.title, 'bug')",
    "startsWith(github.head_ref, 'x') && 'a' || 'b'",
    '!github.head_ref',
    'github.head_ref && github.sha',
    'case(github.head_ref, 1, 2)',
    'github.event.issue',
    "fromJSON('{}')[github.head_ref]",
    'hashFiles(github.head_ref)',
  ])('says nothing of %s', (expression) => {
    expect(found(`run: echo "\${{ ${expression} }}"`)).toEqual([]);
  });

  it('points at the words within a script of several lines', () => {
    const text = step('run: |', '  # github.head_ref', '  echo "${{ github.sha }}"', '  echo "${{ github.head_ref }}"');
    const [finding] = findingsOf('script-injection', text);
    expect(finding).toMatchObject({ line: 9, column: 21, endColumn: 36 });
  });

  it('says nothing of env, which is the way to mend it', () => {
    expect(found('run: echo "$TITLE"', 'env: { TITLE: "${{ github.event.issue.title }}" }')).toEqual([]);
  });

  it('tells of the script of actions/github-script, and of no other input', () => {
    const keys = (input: string): string[] => [
      'uses: actions/github-script@v7',
      `with: { ${input}: "return '\${{ github.head_ref }}'" }`,
    ];
    expect(found(...keys('script'))).toEqual([expect.stringContaining('the text of a JavaScript program')]);
    expect(found(...keys('result'))).toEqual([]);
  });

  it('SEM-18.2: looks into parallel blocks', () => {
    expect(found('parallel: [{ run: "echo ${{ github.head_ref }}" }]')).toHaveLength(1);
  });
});
