import { describe, expect, it } from 'vitest';
import { jobRequirement, runnerFacts as runner, wallOf } from '../../../test/support/runner-facts.ts';
import { describeOffer, describeWait, type JobRequirement, type RunnerFacts } from '../routing.ts';

const want = (labels: string[], group: string | null = null): JobRequirement => jobRequirement(labels, { group });
const box = runner('box', ['self-hosted', 'Linux', 'X64']);

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

  const wall = wallOf({ labels: ['api-prod'], environments: ['production'] });
  const prod = runner('api-prod', ['self-hosted', 'api-prod'], { wall });
  const must = 'a job must name the label api-prod or deploy to the environment production.';

  it.each<[string, RunnerFacts[], string[]]>([
    ['the only fitting runner', [prod], [`api-prod stands behind a wall: ${must}`]],
    [
      'DESIGN 1: the runner that it is meant for is offline',
      [runner('dev', ['self-hosted'], { online: false }), prod],
      ['dev could take it but is offline.', `api-prod stands behind a wall: ${must}`],
    ],
    [
      'several behind the same wall',
      [prod, runner('api-prod-2', ['self-hosted'], { wall: wallOf(wall) })],
      [`api-prod, api-prod-2 stand behind a wall: ${must}`],
    ],
    [
      'a group',
      ['p1', 'p2'].map((name) => runner(name, ['self-hosted'], { group: 'prod', groupWall: wall })),
      [`p1, p2 are in the group prod, which stands behind a wall: ${must}`],
    ],
    ['somebody else is idle', [prod, box], ['box can take it and is idle.']],
    [
      'more than the wall is in the way',
      [{ ...prod, labels: ['x'], group: 'prod' }, runner('cat', ['self-hosted', 'y'], { group: 'cats' })],
      ['No runner is in the group G.'],
    ],
  ])('SEM-13.4: names the walls in the way: %s', (_, runners, sentences) => {
    const group = sentences[0]?.includes('group G.') ? 'G' : null;
    expect(describeWait(want(['self-hosted'], group), runners)).toEqual(sentences);
  });

  it('SEM-13.4: speaks of a wall also where a label is missing', () => {
    expect(describeWait(want(['self-hosted', 'gpu']), [prod])).toEqual([
      'No runner has the label gpu.',
      'api-prod has all labels but gpu, and stands behind a wall.',
    ]);
  });
});

describe('describeOffer', () => {
  const wall = wallOf({ labels: ['api-prod'], environments: ['production'] });
  const prod = runner('api-prod', ['self-hosted', 'api-prod'], { wall, group: 'servers', groupWall: wall });

  it('DESIGN 1: says who else could have taken the job, and who is kept out by a wall alone', () => {
    const dev = runner('dev', ['self-hosted'], { busy: true });
    expect(describeOffer(want(['self-hosted']), box, [box, dev, prod])).toBe(
      'Offered to box, which has every label it asks for (self-hosted). Others that could have taken it: dev (busy). Kept out by a wall: api-prod.',
    );
  });

  it('says what let the job through the walls of its runner', () => {
    const requirement = jobRequirement(['self-hosted'], { environment: 'Production' });
    expect(describeOffer(requirement, prod, [prod])).toBe(
      'Offered to api-prod, which has every label it asks for (self-hosted). Its wall lets it in for the environment Production. The wall of servers lets it in for the environment Production. No other runner could have taken it.',
    );
  });
});
