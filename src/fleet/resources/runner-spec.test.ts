import { describe, expect, it } from 'vitest';
import { admit, unhonouredFields } from './admission.ts';
import { InvalidObject } from './field-errors.ts';
import { runnerDeploymentKind } from './runner-deployment.ts';

const RUNNER = { repository: 'octo/app' };

const sent = (runner: object, more: object = {}) => ({
  apiVersion: 'actions.summerwind.dev/v1alpha1',
  kind: 'RunnerDeployment',
  metadata: { name: 'pool' },
  spec: { template: { spec: runner }, ...more },
});

/** Causes of the refusal as `field: message`; empty when it is taken. */
function refusal(runner: object, more: object = {}): string[] {
  try {
    admit(runnerDeploymentKind, sent(runner, more));
    return [];
  } catch (error) {
    if (!(error instanceof InvalidObject)) throw error;
    return error.causes.map(({ field, message }) => `${field}: ${message}`);
  }
}

const AT = 'spec.template.spec';
const CLAIM = { accessModes: ['ReadWriteOnce'], resources: {} };

describe('runners that are refused, each by one sentence that names the field', () => {
  it.each<[string, object, string]>([
    ['OBJ-1: no scope', {}, `${AT}: Required value: set exactly one of enterprise, organization and repository`],
    [
      'OBJ-1: two scopes',
      { ...RUNNER, organization: 'octo' },
      `${AT}.repository: Invalid value: "octo/app": only one of enterprise, organization and repository may be set, here are organization and repository`,
    ],
    [
      '1.2: an enterprise that is a path',
      { enterprise: 'a/b' },
      `${AT}.enterprise: Invalid value: must be one name without a slash`,
    ],
    [
      '1.2: an organization that is a path',
      { organization: 'a/b' },
      `${AT}.organization: Invalid value: must be one name without a slash`,
    ],
    [
      '1.2: a repository without its owner',
      { repository: 'app' },
      `${AT}.repository: Invalid value: must be OWNER/REPOSITORY`,
    ],
    [
      '1.2: a mirror without a scheme',
      { ...RUNNER, dockerRegistryMirror: 'mirror.example.com' },
      `${AT}.dockerRegistryMirror: Invalid value: must carry a scheme, such as https://mirror.example.com`,
    ],
    [
      'POD-4: a label that would be two',
      { ...RUNNER, labels: ['gpu,big'] },
      `${AT}.labels[0]: Invalid value: must not contain a comma`,
    ],
    [
      'OBJ-2: the kubernetes mode without a claim',
      { ...RUNNER, containerMode: 'kubernetes' },
      `${AT}.workVolumeClaimTemplate: Required value: containerMode kubernetes needs it`,
    ],
    [
      'OBJ-2: a claim that another pod cannot mount',
      { ...RUNNER, containerMode: 'kubernetes', workVolumeClaimTemplate: { accessModes: ['ReadOnlyMany'] } },
      `${AT}.workVolumeClaimTemplate.accessModes: Invalid value: "ReadOnlyMany": must be ReadWriteOnce or ReadWriteMany`,
    ],
    [
      'POD-2: another volume that is called work',
      { ...RUNNER, containerMode: 'kubernetes', workVolumeClaimTemplate: CLAIM, volumes: [{ name: 'work' }] },
      `${AT}.volumes[0].name: Invalid value: "work": is the name of workVolumeClaimTemplate`,
    ],
    [
      'another container mode',
      { ...RUNNER, containerMode: 'dind' },
      `${AT}.containerMode: Invalid value: Invalid option: expected one of ""|"kubernetes"`,
    ],
    [
      'a Secret without a name',
      { ...RUNNER, githubAPICredentialsFrom: { secretRef: {} } },
      `${AT}.githubAPICredentialsFrom.secretRef.name: Required value: this field must be set`,
    ],
  ])('%s', (_what, runner, text) => {
    expect(refusal(runner)).toEqual([text]);
  });

  it('a selector that does not select the runners', () => {
    expect(refusal(RUNNER, { selector: { matchLabels: { app: 'x' } } })).toEqual([
      'spec.template.metadata.labels: Invalid value: {}: spec.selector.matchLabels must be among these labels',
    ]);
  });

  it('and none where nothing is wrong', () => {
    expect(refusal({ ...RUNNER, dockerRegistryMirror: 'https://mirror.example.com', labels: ['t3a.large'] })).toEqual(
      [],
    );
  });
});

it('IMG-3: tells that a group of runners of a repository may not count', () => {
  const told = (runner: object) =>
    unhonouredFields(runnerDeploymentKind, sent(runner).spec, () => []).map(
      ({ field, message }) => `${field}: ${message}`,
    );
  expect(told({ ...RUNNER, group: 'builders' })).toEqual([
    `${AT}.group: counts at Switchyard's server alone: at GitHub, runners of a repository are in no group`,
  ]);
  expect(told({ organization: 'octo', group: 'builders' })).toEqual([]);
});
