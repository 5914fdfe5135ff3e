import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importArc } from './import-arc.ts';
import type { ArcImport, ImportedObject, Note } from './types.ts';

const LEGACY = 'actions.summerwind.dev/v1alpha1';

function imported(
  values: unknown[],
  options: { isLive?: boolean; release?: string; backend?: 'docker' } = {},
): ArcImport {
  const { isLive, release, backend = 'process' } = options;
  const sources = values.map((value, index) => ({ value, placeOf: (field: string) => `${index}:${field}`, isLive }));
  const reviews = { process: () => [], docker: () => [] };
  return importArc(sources, { backend, marksBackend: backend === 'docker', release, reviews });
}

const only = (result: ArcImport): ImportedObject => {
  const [object] = result.objects;
  if (!object) throw new Error('nothing was imported');
  return object;
};
const fields = (notes: Note[]): string[] => notes.map(({ type, field }) => `${type} ${field}`);

const deployment = (spec: object = {}, name = 'pool') => ({
  apiVersion: LEGACY,
  kind: 'RunnerDeployment',
  metadata: { name },
  spec: { template: { spec: { repository: 'example/app', ...spec } } },
});
const autoscaler = (spec: object = {}, target: object = { name: 'pool' }) => ({
  apiVersion: LEGACY,
  kind: 'HorizontalRunnerAutoscaler',
  metadata: { name: 'pool' },
  spec: { scaleTargetRef: target, minReplicas: 1, maxReplicas: 4, ...spec },
});
const secret = (data: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data });

describe('importing ARC', () => {
  it('leaves out what only the cluster knew', () => {
    const { output } = imported([
      {
        ...deployment(),
        metadata: {
          name: 'pool',
          uid: '1',
          resourceVersion: '2',
          generation: 3,
          managedFields: [],
          finalizers: ['x'],
          labels: { team: 'a', 'helm.sh/chart': 'x-1' },
          annotations: { note: 'kept', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
        },
        status: { availableReplicas: 1 },
      },
    ]);
    expect(output).toEqual([
      {
        ...deployment(),
        metadata: { name: 'pool', labels: { team: 'a' }, annotations: { note: 'kept' } },
      },
    ]);
  });

  it('writes what is referred to first, and the autoscaler after what it scales', () => {
    const pool = deployment({ envFrom: [{ secretRef: { name: 'keys' } }] });
    const { output } = imported([autoscaler(), pool, secret({ a: 'eA==' })]);
    expect(output.map(({ kind }) => kind)).toEqual(['Secret', 'RunnerDeployment', 'HorizontalRunnerAutoscaler']);
  });

  it.each([
    ['is not there', [], 'the Secret keys is not among what was imported'],
    ['lacks the key', [secret({ other: 'eA==' })], 'the Secret keys has nothing by the key token'],
    ['has it empty', [secret({ token: '' })], 'the Secret keys has nothing by the key token'],
  ])('says that a Secret that is referred to %s', (_what, secrets, message) => {
    const valueFrom = { secretKeyRef: { name: 'keys', key: 'token' } };
    const result = imported([deployment({ env: [{ name: 'A', valueFrom }] }), ...secrets]);
    const field = 'spec.template.spec.env[0].valueFrom.secretKeyRef';
    expect(only(result)).toMatchObject({ outcome: 'loses', notes: [{ type: 'missing', field, message }] });
  });

  it('does not miss a Secret that is optional, and leaves one out that nothing refers to', () => {
    const valueFrom = { secretKeyRef: { name: 'gone', key: 'token', optional: true } };
    const result = imported([deployment({ env: [{ name: 'A', valueFrom }] }), secret({ a: 'eA==' })]);
    expect(result.objects.map(({ outcome }) => outcome)).toEqual(['carries over', 'left out']);
    expect(result.output).toHaveLength(1);
  });

  it('leaves the number of replicas to the autoscaler', () => {
    const pool = {
      ...deployment(),
      spec: { replicas: 7, effectiveTime: '2026-01-01T00:00:00Z', ...deployment().spec },
    };
    const { objects, output } = imported([pool, autoscaler()]);
    expect(fields(objects[0]?.notes ?? [])).toEqual(['change spec.replicas']);
    expect(output[0]?.spec).toEqual(deployment().spec);
    expect(imported([pool]).output[0]?.spec).toHaveProperty('replicas', 7);
  });

  it('drops reservations of a cluster, which are for jobs of its controller, and keeps those of a file (D-7)', () => {
    const capacityReservations = [{ replicas: 1, expirationTime: '2030-01-01T00:00:00Z' }];
    const values = [deployment(), autoscaler({ capacityReservations })];
    expect(imported(values, { isLive: true }).output[1]?.spec).not.toHaveProperty('capacityReservations');
    expect(imported(values).output[1]?.spec).toHaveProperty('capacityReservations');
  });

  it('tells of an autoscaler what is better here: zero, triggers, counting, months (D-3, D-4, D-7, D-12)', () => {
    const busy = autoscaler({ minReplicas: 0, metrics: [{ type: 'PercentageRunnersBusy' }] });
    const counting = autoscaler({
      metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }],
      scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '30m' }],
      scheduledOverrides: [
        {
          startTime: '2023-07-01T00:00:00+09:00',
          endTime: '2023-07-02T00:00:00+09:00',
          minReplicas: 2,
          recurrenceRule: { frequency: 'Monthly' },
        },
      ],
    });
    const notesOf = (hra: object): string[] => fields(imported([deployment(), hra]).objects[1]?.notes ?? []);
    expect(notesOf(busy)).toEqual(['change spec.minReplicas']);
    expect(notesOf(counting)).toEqual([
      'change spec.metrics[0]',
      'change spec.scaleUpTriggers[0]',
      'change spec.scheduledOverrides[0]',
    ]);
  });

  it('refuses, and does not write, what the fleet would refuse (D-22)', () => {
    const result = imported([deployment(), autoscaler({ maxReplicas: undefined })]);
    expect(result.objects[1]).toMatchObject({
      outcome: 'refused',
      notes: [{ type: 'wrong', field: 'spec.maxReplicas' }],
    });
    expect(result.output.map(({ kind }) => kind)).toEqual(['RunnerDeployment']);
  });

  it('names unknown fields as lost (D-1)', () => {
    expect(fields(only(imported([deployment({ imagee: 'x' })])).notes)).toEqual(['lost spec.template.spec.imagee']);
  });

  it('says that what an autoscaler scales is not there', () => {
    expect(fields(only(imported([autoscaler()])).notes)).toContain('missing spec.scaleTargetRef.name');
  });

  it('replaces the stock images of ARC on docker, and says of others that they must be built anew', () => {
    const notesOf = (image: string): string[] =>
      fields(only(imported([deployment({ image })], { backend: 'docker' })).notes);
    expect(notesOf('summerwind/actions-runner-dind:v2.310.2-ubuntu-22.04')).toEqual([
      'change spec.template.spec.image',
    ]);
    expect(notesOf('ghcr.io/actions/actions-runner@sha256:12')).toEqual(['change spec.template.spec.image']);
    expect(notesOf('registry.example.com/actions-runner:1')).toEqual(['missing spec.template.spec.image']);
  });

  it('keeps the backend that a template names', () => {
    const pool = deployment();
    const metadata = { annotations: { 'switchyard/backend': 'process' } };
    const named = { ...pool, spec: { template: { metadata, ...pool.spec.template } } };
    expect(imported([named], { backend: 'docker' }).output).toEqual([named]);
  });

  it('says what to do about credentials that values leave empty, and names the set as helm did', () => {
    const values = { githubConfigUrl: 'https://github.com/example', githubConfigSecret: { github_token: '' } };
    const { objects, output } = imported([values], { release: 'arc' });
    expect(output.at(-1)?.metadata.name).toBe('arc');
    const set = objects.find(({ kind }) => kind === 'AutoscalingRunnerSet');
    expect(set?.notes).toContainEqual({
      type: 'missing',
      field: 'spec.githubConfigSecret',
      message: 'the Secret arc-github-secret has nothing in it',
    });
    expect(fields(only(imported([values])).notes)).toEqual(['missing runnerScaleSetName']);
  });

  it('says that a document is nothing that it knows', () => {
    expect(only(imported([{ hello: 'world' }]))).toMatchObject({ kind: 'values', outcome: 'refused' });
    expect(only(imported(['text']))).toMatchObject({ kind: 'values', outcome: 'refused' });
  });

  it('takes whatever YAML holds without failing', () => {
    const kind = fc.constantFrom(
      'RunnerDeployment',
      'RunnerSet',
      'HorizontalRunnerAutoscaler',
      'Runner',
      'Secret',
      'List',
    );
    const object = fc.record({
      apiVersion: fc.constant(LEGACY),
      kind,
      metadata: fc.record({ name: fc.constant('pool'), annotations: fc.jsonValue() }),
      spec: fc.oneof(
        fc.jsonValue(),
        fc.record({
          template: fc.record({ spec: fc.jsonValue(), metadata: fc.jsonValue() }),
          scaleTargetRef: fc.jsonValue(),
        }),
      ),
      items: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(object, fc.jsonValue()), { maxLength: 4 }), (values) => {
        expect(imported(values, { backend: 'docker' }).objects).toBeInstanceOf(Array);
      }),
      { numRuns: 300 },
    );
  });
});
