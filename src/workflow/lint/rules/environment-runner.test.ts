import { describe, expect, it } from 'vitest';
import { foundBy, runner, wall } from '../testing/found-by.ts';

const deploy = (labels: string, environment?: string): string =>
  `on: push
jobs:
  deploy:
    runs-on: ${labels}${environment ? `\n    environment: ${environment}` : ''}
    steps: [{ run: x }]
`;

const live = deploy('[self-hosted, shop]', 'live');
const runners = [runner('test-1', []), runner('shop-1', ['shop']), runner('shop-2', ['shop'], { online: false })];

const found = (text: string, list: typeof runners | null = runners): string[] =>
  foundBy('environment-runner', text, { beside: { 'live.yml': live }, runners: list });

describe('environment-runner', () => {
  it("SEM-13.4: tells of a job that can land on another environment's runners, now and once they are online", () => {
    expect(found(deploy('self-hosted', 'test'))).toEqual([
      '4:14 error The job deploy, environment test, asks for self-hosted, so it can land on shop-1 and shop-2, meant for ' +
        'deploy (.github/workflows/live.yml:3), environment live. Now it can go to test-1, or to shop-1 (also shop). ' +
        'While test-1 is offline or busy, it goes to shop-1 and shop-2 (also shop).',
    ]);
  });

  it('tells of a job without an environment too', () => {
    expect(found(deploy('self-hosted'))).toEqual([
      expect.stringContaining('deploy, which has no environment, asks for'),
    ]);
  });

  it('warns without a list of runners, from the labels alone', () => {
    expect(found(deploy('self-hosted', 'test'), null)).toEqual([
      expect.stringMatching(
        /^4:14 warning .* on any runner with shop, which deploy .*, environment live asks for too\.$/,
      ),
    ]);
  });

  it('warns of environments that share a runner by asking for the same', () => {
    expect(found(deploy('[self-hosted, shop]', 'test'))).toEqual([
      expect.stringMatching(/^4:14 warning .* exactly as deploy .* they share shop-1 and shop-2\.$/),
    ]);
  });

  it.each([
    ['the job asks for a label of its own', deploy('[self-hosted, test]', 'test')],
    ['the environment is the same', deploy('self-hosted', 'LIVE')],
    ['a job without an environment asks for the same', deploy('[self-hosted, shop]')],
    ['GitHub hosts the runners', deploy('ubuntu-latest', 'test')],
    ['a runner group parts them', deploy('{ group: big, labels: self-hosted }', 'test')],
    ['only a run knows the labels', deploy('${{ vars.label }}', 'test')],
  ])('says nothing when %s', (_, text) => {
    expect(found(text)).toEqual([]);
  });

  it('says nothing where no runner of the environment exists', () => {
    expect(found(deploy('self-hosted', 'test'), [runner('test-1', [])])).toEqual([]);
  });

  it('says nothing when a wall keeps the job out', () => {
    const walled = runners.map((each) => (each.labels.includes('shop') ? { ...each, wall: wall(['shop']) } : each));
    expect(found(deploy('self-hosted', 'test'), walled)).toEqual([]);
  });

  it('is the one that tells of it: ambiguous-runner is silent then', () => {
    const surroundings = { beside: { 'live.yml': live }, runners };
    expect(foundBy('ambiguous-runner', deploy('self-hosted', 'test'), surroundings)).toEqual([]);
  });
});
