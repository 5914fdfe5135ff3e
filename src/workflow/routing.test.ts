import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseRunner,
  describeWait,
  type JobRequirement,
  labelSetKey,
  mayTake,
  mismatches,
  type RunnerFacts,
  surplusLabels,
} from './routing.ts';

const repository = { owner: 'me', name: 'app' };
const want = (labels: string[], group: string | null = null): JobRequirement => ({ labels, group, repository });

let nextId = 1;
const runner = (name: string, labels: string[], over: Partial<RunnerFacts> = {}): RunnerFacts => ({
  ...{ id: nextId++, name, labels, group: 'Default', scope: { kind: 'organization', name: 'me' } },
  ...{ online: true, busy: false },
  ...over,
});

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

describe('chooseRunner', () => {
  it('SEM-13.8: takes the fewest surplus labels, then the first', () => {
    const plain = runner('plain', ['self-hosted', 'Linux']);
    const twin = runner('twin', ['self-hosted', 'Linux']);
    expect(chooseRunner(want(['self-hosted']), [box, plain, twin])).toBe(plain);
    expect(chooseRunner(want(['x64']), [plain, box])).toBe(box);
    expect(chooseRunner(want(['gpu']), [plain, box])).toBeUndefined();
    expect(surplusLabels(want(['linux']), box)).toBe(2);
  });
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

describe('describeWait', () => {
  it.each<[string, JobRequirement, RunnerFacts[], string[]]>([
    ['nobody at all', want(['x']), [], ['No runner is registered.']],
    [
      'an unknown label',
      want(['self-hosted', 'gpu']),
      [box],
      ['No runner has the label gpu.', 'box has all labels but gpu.'],
    ],
    [
      'labels that nobody has together',
      want(['Linux', 'gpu']),
      [box, runner('cat', ['gpu'])],
      ['No runner has all of the labels Linux, gpu.', 'box has all labels but gpu.', 'cat has all labels but Linux.'],
    ],
    [
      'one busy',
      want(['Linux']),
      [{ ...box, busy: true }],
      ['The only online runner that could take it is busy: box.'],
    ],
    [
      'all busy',
      want(['x']),
      [1, 2, 3, 4, 5, 6].map((n) => runner(`r${n}`, ['x'], { busy: true })),
      ['All 6 runners that could take it are busy: r1, r2, r3, r4, r5 and 1 more.'],
    ],
    ['offline', want(['Linux']), [{ ...box, online: false }], ['box could take it but is offline.']],
    [
      'busy and offline',
      want(['x']),
      [runner('on', ['x'], { busy: true }), runner('off', ['x'], { online: false, busy: true })],
      ['The only online runner that could take it is busy: on.', 'off could take it but is offline.'],
    ],
    ['idle', want(['Linux']), [box], ['box can take it and is idle.']],
    ['another group', want(['Linux'], 'gpu'), [box], ['No runner is in the group gpu.']],
    [
      'elsewhere',
      want(['Linux']),
      [{ ...box, scope: { kind: 'organization', name: 'you' } }],
      ['No runner serves me/app: box belongs elsewhere.'],
    ],
    [
      'the right labels in another group',
      want(['Linux'], 'gpu'),
      [box, runner('cat', ['x'], { group: 'gpu' })],
      ['No runner has the label Linux.', 'box has all labels but is in the group Default.'],
    ],
  ])('says what is missing: %s', (_, requirement, runners, sentences) => {
    expect(describeWait(requirement, runners)).toEqual(sentences);
  });
});
