import { describe, expect, it } from 'vitest';
import { referencesOf } from './references.ts';

const paths = (expression: string): string[] =>
  referencesOf(expression).map(({ context, members }) => [context, ...members.map((name) => name ?? '?')].join('.'));

describe('referencesOf', () => {
  it.each([
    ['github', ['github']],
    ["GitHub.event['issue'].title", ['github.event.issue.title']],
    ['steps.*.outcome', ['steps.*.outcome']],
    ['a.b', []],
    ['github.event.commits[0].message', ['github.event.commits.0.message']],
    ['matrix[github.job].x', ['github.job', 'matrix.?.x']],
    ['(github).ref', ['github.ref']],
    ['fromJSON(needs.a.outputs.b).c', ['needs.a.outputs.b']],
    ["format('{0}', inputs.x) == env.Y", ['inputs.x', 'env.Y']],
    ['success() && (!cancelled() || vars.x)', ['vars.x']],
    ['1 ==', []],
  ])('%s looks at %j', (expression, expected) => {
    expect(paths(expression)).toEqual(expected);
  });

  it('knows what becomes part of the value', () => {
    const flowing = (expression: string): string[] =>
      referencesOf(expression).flatMap(({ flows, members }) => (flows ? [members.join('.')] : []));
    expect(flowing('github.a && github.b || github.c')).toEqual(['b', 'c']);
    expect(flowing('github.a == github.b')).toEqual([]);
    expect(flowing('case(github.a, github.b, github.c, github.d, github.e)')).toEqual(['b', 'd', 'e']);
    expect(flowing('contains(github.a, github.b) || toJSON(github.c)')).toEqual(['c']);
  });

  it('knows where null may be meant', () => {
    const optional = (expression: string): boolean[] => referencesOf(expression).map(({ mayBeNull }) => mayBeNull);
    expect(optional('!github.a')).toEqual([true]);
    expect(optional('github.a || github.b')).toEqual([true, false]);
    expect(optional('github.a')).toEqual([false]);
  });
});
