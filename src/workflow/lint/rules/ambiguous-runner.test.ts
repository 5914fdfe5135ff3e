import { describe, expect, it } from 'vitest';
import { findingsOf, foundBy, job, runner, wall } from '../testing/found-by.ts';

const dev = runner('dev-runner', []);
const prod = runner('prod-runner', ['api-prod']);

const devDeploy = `on:
  push: { tags: ['v[0-9]+.[0-9]+.[0-9]+-beta.[0-9]+'] }
jobs:
  deploy:
    runs-on: [self-hosted]
    steps: [{ run: ./deploy dev }]
`;
const prodDeploy = `on:
  push: { tags: ['v[0-9]+.[0-9]+.[0-9]+'] }
jobs:
  release:
    runs-on: [self-hosted, api-prod]
    steps: [{ run: ./deploy prod }]
`;

const found = (text: string, runners = [dev, prod], hasHostedRunners = true): string[] =>
  foundBy('ambiguous-runner', text, { runners, hasHostedRunners });

describe('ambiguous-runner', () => {
  it('SEM-13.4, trap 1: tells of the two-server accident from a workflow and a list of runners alone', () => {
    expect(found(devDeploy)).toEqual([
      '5:14 error The job deploy asks for self-hosted, which runners of 2 kinds have. ' +
        'Now it can go to dev-runner, or to prod-runner (also api-prod). ' +
        'While dev-runner is offline or busy, it goes to prod-runner (also api-prod).',
    ]);
  });

  it('says that the accident is about to happen while the development runner is offline', () => {
    expect(found(devDeploy, [{ ...dev, online: false }, prod])).toEqual([
      expect.stringContaining('dev-runner is offline, so now it goes to prod-runner (also api-prod).'),
    ]);
  });

  it('says who is first when nobody is online', () => {
    const offline = [dev, prod].map((each) => ({ ...each, online: false }));
    expect(found(devDeploy, offline)).toEqual([
      expect.stringContaining('None of them is online; the first that comes takes it: dev-runner, or prod-runner'),
    ]);
  });

  it('says how to mend it, and for whom the other runner is meant', () => {
    const [finding] = findingsOf('ambiguous-runner', devDeploy, {
      runners: [dev, prod],
      beside: { 'release.yml': prodDeploy },
    });
    expect(finding?.hint).toBe(
      'Give dev-runner a label of its own and ask for it, or keep prod-runner for jobs that ask for api-prod ' +
        '(switchyard wall). api-prod is what release asks for.',
    );
  });

  it('says nothing when the job asks for what only the intended runners have', () => {
    expect(found(prodDeploy)).toEqual([]);
  });

  it('SEM-13.4: says nothing when a wall keeps the job out', () => {
    expect(found(devDeploy, [dev, { ...prod, wall: wall(['api-prod']) }])).toEqual([]);
  });

  it('says nothing when the runners differ only by their own names', () => {
    expect(found(devDeploy, [runner('a', ['a']), runner('b', ['B'])])).toEqual([]);
  });

  it('only warns where no word leaves production without doubt', () => {
    expect(found(devDeploy, [dev, runner('big', ['product-tests'])])).toEqual([
      expect.stringMatching(/^5:14 warning /),
    ]);
  });

  it.each(['prod', 'production', 'API-PROD', 'prod2', 'live'])('takes the label %s for production', (label) => {
    expect(found(devDeploy, [dev, runner('r', [label])])).toEqual([expect.stringMatching(/^5:14 error /)]);
  });

  it('tells of a production job that can land elsewhere', () => {
    const text = job('runs-on: self-hosted', 'environment: production', 'steps: [{ run: x }]');
    expect(found(text)).toEqual([expect.stringMatching(/^4:14 error /)]);
  });

  it('says nothing of jobs for runners that GitHub hosts, unless there are none', () => {
    const text = job('runs-on: ubuntu-latest', 'steps: [{ run: x }]');
    const runners = [runner('a', ['ubuntu-latest']), runner('b', ['ubuntu-latest', 'gpu'])];
    expect(found(text, runners)).toEqual([]);
    expect(found(text, runners, false)).toHaveLength(1);
  });

  it('looks at every combination of a matrix, and at nothing that only a run knows', () => {
    const matrix = job(
      'runs-on: ["self-hosted", "${{ matrix.kind }}"]',
      'strategy: { matrix: { kind: [Linux, api-prod] } }',
      'steps: [{ run: x }]',
    );
    expect(found(matrix)).toEqual([expect.stringContaining('asks for self-hosted, Linux')]);
    const dynamic = job('runs-on: ["self-hosted", "${{ vars.kind }}"]', 'steps: [{ run: x }]');
    expect(found(dynamic)).toEqual([]);
  });

  it('SEM-11.4: follows labels that a caller gives as an input', () => {
    const called = `on:
  workflow_call: { inputs: { label: { type: string, default: Linux } } }
jobs:
  deploy: { runs-on: [self-hosted, '\${{ inputs.label }}'], steps: [{ run: x }] }
`;
    const call = (label: string): string =>
      `on: push\njobs:\n  a: { uses: ./.github/workflows/ci.yml, with: { label: ${label} } }\n`;
    const beside = { 'a.yml': call('api-prod'), 'b.yml': call('Linux') };
    const findings = foundBy('ambiguous-runner', called, { beside, runners: [dev, prod] });
    expect(findings).toEqual([expect.stringContaining('asks for self-hosted, Linux')]);
  });

  it('says nothing of a group when the list does not tell groups', () => {
    const text = job('runs-on: { group: big }', 'steps: [{ run: x }]');
    const unknown = [dev, prod].map((each) => ({ ...each, group: '' }));
    expect(found(text, unknown)).toEqual([]);
  });
});
