import { describe, expect, it } from 'vitest';
import { reviewForProcesses } from '../backends/process/review.ts';
import { admit, unhonouredFields, unknownContentFields } from './admission.ts';
import { InvalidObject } from './field-errors.ts';
import { type RunnerSetSpec, runnerSetKind, runnerTemplateOf } from './runner-set.ts';

const admitted = (spec: object) =>
  admit(runnerSetKind, {
    apiVersion: 'actions.summerwind.dev/v1alpha1',
    kind: 'RunnerSet',
    metadata: { name: 'set' },
    spec,
  }).content;

/** As ARC's documentation has it. */
const CACHED = {
  repository: 'octo/app',
  ephemeral: true,
  dockerdWithinRunnerContainer: false,
  replicas: 2,
  serviceName: 'set',
  selector: { matchLabels: { app: 'set' } },
  volumeClaimTemplates: [{ metadata: { name: 'docker' }, spec: { accessModes: ['ReadWriteOnce'] } }],
  template: {
    metadata: { labels: { app: 'set' } },
    spec: {
      securityContext: { fsGroup: 1000 },
      containers: [
        { name: 'runner', image: 'runner:1', resources: { limits: { cpu: '2' } } },
        { name: 'docker', volumeMounts: [{ name: 'docker', mountPath: '/var/lib/docker' }] },
        { name: 'helper', image: 'helper:1' },
      ],
    },
  },
};

describe('RunnerSet (fleet-semantics 1.7)', () => {
  it('says what its runners are', () => {
    const { spec } = admitted(CACHED);
    expect(runnerTemplateOf(spec as RunnerSetSpec)).toMatchObject({
      metadata: { labels: { app: 'set' } },
      spec: {
        repository: 'octo/app',
        image: 'runner:1',
        resources: { limits: { cpu: '2' } },
        dockerVolumeMounts: [{ name: 'docker', mountPath: '/var/lib/docker' }],
        sidecarContainers: [{ name: 'helper', image: 'helper:1' }],
        securityContext: { fsGroup: 1000 },
      },
    });
    expect(unknownContentFields(runnerSetKind, { spec })).toEqual([]);
  });

  it('tells what a StatefulSet would do and what the backend cannot, where it was written', () => {
    const { spec } = admitted(CACHED);
    const own = runnerSetKind.warnings?.({ name: 'set', spec }, () => []) ?? [];
    expect(own.map(({ field }) => field)).toEqual(['spec.volumeClaimTemplates']);
    const fields = unhonouredFields(runnerSetKind, spec, reviewForProcesses).map(({ field }) => field);
    expect(fields).toContain('spec.template.spec.containers[0].image');
    expect(fields).toContain('spec.template.spec.securityContext');
  });

  it.each([
    ['no scope (OBJ-1)', { template: {} }, 'spec'],
    ['two scopes (OBJ-1)', { repository: 'a/b', organization: 'c' }, 'spec.repository'],
    [
      'no work volume for the kubernetes mode (OBJ-2)',
      { repository: 'a/b', containerMode: 'kubernetes' },
      'spec.workVolumeClaimTemplate',
    ],
    [
      'a selector beside its labels',
      { repository: 'a/b', selector: { matchLabels: { a: 'b' } } },
      'spec.template.metadata.labels',
    ],
    [
      'a variable without a name',
      { repository: 'a/b', template: { spec: { containers: [{ name: 'runner', env: [{ value: 'x' }] }] } } },
      'spec.template.spec.containers[0].env[0].name',
    ],
    ['replicas that are no number', { repository: 'a/b', replicas: 'two' }, 'spec.replicas'],
  ])('refuses %s', (_what, spec, field) => {
    const refusal = (): unknown => {
      try {
        return admitted(spec);
      } catch (error) {
        return error instanceof InvalidObject ? error.causes.map((cause) => cause.field) : error;
      }
    };
    expect(refusal()).toEqual([field]);
  });
});
