import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobRequirement, runnerFacts as runner } from '../../../test/support/runner-facts.ts';
import { type JobRequirement, labelSetKey, mayTake, mismatches, type RunnerFacts, surplusLabels } from '../routing.ts';

const want = (labels: string[], group: string | null = null): JobRequirement => jobRequirement(labels, { group });

const box = runner('box', ['self-hosted', 'Linux', 'X64']);

describe('mismatches', () => {
  it('SEM-13.2: a runner may take a job when it has every label, whatever the case', () => {
    expect(mismatches(want(['SELF-HOSTED', 'linux']), box)).toEqual([]);
    expect(mismatches(want([]), box)).toEqual([]);
    expect(mismatches(want(['Linux', 'gpu', 'big']), box)).toEqual([
      { kind: 'missing-labels', labels: ['gpu', 'big'] },
    ]);
  });

  it('SEM-13.4, trap 1: [self-hosted] fits a more specific runner too', () => {
    expect(mismatches(want(['self-hosted']), runner('prod', ['self-hosted', 'api-prod']))).toEqual([]);
  });

  it('SEM-13.2: a group must be the runner’s, and may carry a prefix once', () => {
    const big = runner('big', ['x'], { group: 'Big' });
    expect(mismatches(want(['x'], 'big'), big)).toEqual([]);
    expect(mismatches(want(['x'], 'organization/BIG'), big)).toEqual([]);
    expect(mismatches(want(['x'], 'ent/big'), big)).toEqual([{ kind: 'other-group', group: 'Big' }]);
    expect(mismatches(want(['x'], 'small'), big)).toEqual([{ kind: 'other-group', group: 'Big' }]);
  });

  it.each<[RunnerFacts['scope'], boolean]>([
    [{ kind: 'repository', owner: 'ME', name: 'App' }, true],
    [{ kind: 'repository', owner: 'me', name: 'other' }, false],
    [{ kind: 'organization', name: 'Me' }, true],
    [{ kind: 'organization', name: 'you' }, false],
    [{ kind: 'enterprise', name: 'all' }, true],
  ])('a runner of %j serves me/app: %s', (scope, serves) => {
    expect(mismatches(want([]), runner('r', [], { scope })).length === 0).toBe(serves);
  });

  it('names everything that is wrong', () => {
    const far = runner('far', [], { scope: { kind: 'repository', owner: 'a', name: 'b' }, group: 'G' });
    expect(mismatches(want(['x'], 'H'), far).map(({ kind }) => kind)).toEqual([
      'out-of-scope',
      'other-group',
      'missing-labels',
    ]);
  });
});

it('SEM-13.8: counts the labels that a job does not ask for, ignoring case and repetition', () => {
  const plain = runner('plain', ['self-hosted', 'Linux', 'linux']);
  expect(surplusLabels(want(['SELF-hosted']), plain)).toBe(1);
  expect(surplusLabels(want(['linux', 'Linux']), box)).toBe(2);
});

it('labelSetKey is equal exactly when every runner answers alike, and mayTake answers as mismatches does', () => {
  const label = fc.constantFrom('a', 'A', 'b', 'c');
  const labels = fc.array(label, { maxLength: 3 });
  const group = fc.constantFrom(null, 'G', 'g', 'org/g', 'organization/G', 'ent/g', 'h');
  const all = [[], ['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a', 'b', 'c']];
  const scopes: RunnerFacts['scope'][] = [
    { kind: 'organization', name: 'me' },
    { kind: 'enterprise', name: 'e' },
  ];
  const runners = all.flatMap((own) =>
    ['g', 'h', 'i'].flatMap((name) => scopes.map((scope) => runner('r', own, { group: name, scope }))),
  );
  const answers = (requirement: JobRequirement) => runners.map((one) => mismatches(requirement, one).length === 0);
  fc.assert(
    fc.property(labels, group, labels, group, (labels1, group1, labels2, group2) => {
      const [first, second] = [want(labels1, group1), want(labels2, group2)];
      const alike = JSON.stringify(answers(first)) === JSON.stringify(answers(second));
      expect(labelSetKey(first) === labelSetKey(second)).toBe(alike);
      expect(runners.map((one) => mayTake(first, one))).toEqual(answers(first));
    }),
  );
});
