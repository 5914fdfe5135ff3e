import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, POOLS } from '../../../test/support/api-under-test.ts';

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';

const pool = (spec: object, more: object = {}): string =>
  JSON.stringify({
    apiVersion: 'actions.summerwind.dev/v1alpha1',
    kind: 'RunnerDeployment',
    metadata: { name: 'pool' },
    spec,
    ...more,
  });
const runner = (fields: object): string => pool({ template: { spec: { repository: 'octo/app', ...fields } } });

describe('bad input to the fleet API', () => {
  let fleet: ApiUnderTest;
  beforeAll(async () => {
    fleet = await ApiUnderTest.start();
  });
  afterAll(() => fleet.close());

  const post = (text: string, type = JSON_TYPE, path = POOLS) =>
    fleet.call('POST', path, text, { 'content-type': type });

  it.each([
    ['JSON that is cut off', JSON_TYPE, '{"kind": ', /The body cannot be read: .*JSON/],
    ['YAML that is none', YAML_TYPE, 'kind: [', /The body cannot be read/],
    ['a key twice', YAML_TYPE, 'kind: a\nkind: b', /Map keys must be unique/],
    ['a text', YAML_TYPE, 'just text', /The body must be an object/],
    ['a list', JSON_TYPE, '[]', /The body must be an object/],
    ['no body', JSON_TYPE, '', /The body must be an object/],
    ['JSON as deep as it goes', JSON_TYPE, `${'['.repeat(400_000)}${']'.repeat(400_000)}`, /more than 64 levels deep/],
    ['YAML as deep as it goes', YAML_TYPE, '['.repeat(400_000), /more than 64 levels deep/],
    [
      'YAML deep by indentation',
      YAML_TYPE,
      Array.from({ length: 900 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
      /levels deep/,
    ],
    ['objects that are deep', JSON_TYPE, `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, /more than 64 levels deep/],
    ['aliases that unfold without end', YAML_TYPE, bomb(), /Excessive alias count/],
    ['a body that is no protobuf', 'application/vnd.kubernetes.protobuf', 'hello', /no Kubernetes object in protobuf/],
  ])('refuses %s', async (_what, type, text, message) => {
    const { status, body } = await post(text, type);
    expect([status, body.kind, body.reason]).toEqual([400, 'Status', 'BadRequest']);
    expect(body.message).toMatch(message);
  });

  it.each([
    ['a body over 1 MiB', JSON_TYPE, ' '.repeat(1_100_000), 413, 'RequestEntityTooLarge'],
    ['a type that is not served', 'text/html', '<p>', 415, 'UnsupportedMediaType'],
  ])('refuses %s', async (_what, type, text, status, reason) => {
    expect(await post(text, type)).toMatchObject({ status, body: { kind: 'Status', reason } });
  });

  it.each([
    ['a kind of another path', pool({}, { kind: 'Runner' }), 'kind', 'must be RunnerDeployment'],
    ['another version', pool({}, { apiVersion: 'actions.summerwind.dev/v1' }), 'apiVersion', 'v1alpha1'],
    ['no spec', pool(undefined as never), 'spec', 'Required value'],
    ['a spec that is a list', pool([]), 'spec', 'expected object'],
    [
      'metadata that is a text',
      pool({ template: { spec: { repository: 'a/b' } } }, { metadata: 'x' }),
      'metadata',
      'expected object',
    ],
    [
      'replicas that are a text',
      pool({ replicas: '2', template: { spec: { repository: 'a/b' } } }),
      'spec.replicas',
      'expected number',
    ],
    ['replicas below zero', pool({ replicas: -1, template: { spec: { repository: 'a/b' } } }), 'spec.replicas', '>=0'],
    ['half a runner', pool({ replicas: 1.5, template: { spec: { repository: 'a/b' } } }), 'spec.replicas', 'int'],
    ['labels that are a text', runner({ labels: 'gpu' }), 'spec.template.spec.labels', 'expected array'],
    ['too many labels', runner({ labels: Array(91).fill('a') }), 'spec.template.spec.labels', '<=90'],
    [
      'a variable without a name',
      runner({ env: [{ value: 'x' }] }),
      'spec.template.spec.env[0].name',
      'Required value',
    ],
    [
      'a variable with a number',
      runner({ env: [{ name: 'A', value: 1 }] }),
      'spec.template.spec.env[0].value',
      'expected string',
    ],
    [
      'a repository without an owner',
      runner({ repository: 'app' }),
      'spec.template.spec.repository',
      'OWNER/REPOSITORY',
    ],
    ['a name in capitals', runner({}).replace('"pool"', '"Pool"'), 'metadata.name', 'lower-case'],
    ['a name that leads elsewhere', runner({}).replace('"pool"', '"../x"'), 'metadata.name', 'lower-case'],
    [
      'an owner without a uid',
      runner({}).replace('"name":"pool"', '"name":"pool","ownerReferences":[{"name":"x"}]'),
      'metadata.ownerReferences[0].uid',
      'Required value',
    ],
  ])('names the field of %s, and why', async (_what, text, field, reason) => {
    const { status, body } = await post(text);
    expect([status, body.reason]).toEqual([422, 'Invalid']);
    const causes = (body.details?.causes ?? []) as { field: string; message?: string }[];
    const cause = causes.find((one) => one.field === field);
    expect(cause, JSON.stringify(causes)).toBeDefined();
    expect(cause?.message).toContain(reason);
    expect(body.message).toContain(field);
  });

  it.each([
    ['a kind that there is not', '/apis/actions.summerwind.dev/v1alpha1/namespaces/default/runnerpools'],
    ['a version that there is not', '/apis/actions.summerwind.dev/v2/namespaces/default/runnerdeployments'],
    ['a group that there is not', '/apis/apps/v1/namespaces/default/deployments'],
  ])('knows no %s (404)', async (_what, path) => {
    expect(await post(runner({}), JSON_TYPE, path)).toMatchObject({
      status: 404,
      body: { kind: 'Status', reason: 'NotFound' },
    });
  });

  it.each([
    ['a selector', `${POOLS}?labelSelector=%28`],
    ['a field that nothing is selected by', `${POOLS}?fieldSelector=spec.colour%3Dred`],
    ['a place in a list', `${POOLS}?continue=x`],
    ['a number of entries', `${POOLS}?limit=-1`],
    ['a version', `${POOLS}?watch=1&resourceVersion=new`],
    ['a time limit', `${POOLS}?watch=1&timeoutSeconds=-1`],
    ['an answer to "watch?"', `${POOLS}?watch=perhaps`],
  ])('refuses %s that cannot be read', async (_what, path) => {
    expect(await fleet.call('GET', path)).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
  });

  it('stores nothing of what it refuses, and goes on', () => {
    expect(fleet.store.list('runnerdeployments')).toEqual([]);
  });

  it('warns of a second resource whose runners have the same labels at the same place, and names the first', async () => {
    const deployment = (name: string, namespace: string, labels: string[]) =>
      fleet.call('POST', `${POOLS.replace('default', namespace)}?dryRun=${name === 'a' ? '' : 'All'}`, {
        ...JSON.parse(runner({ labels })),
        metadata: { name, namespace },
      });
    expect((await deployment('a', 'ci', ['GPU', 'big'])).headers.get('warning')).toBeNull();
    const { headers } = await deployment('b', 'default', ['big', 'gpu']);
    expect(headers.get('warning')).toContain(
      'spec.template.spec.labels: RunnerDeployment ci/a has the same labels at the same place: a job may go to either',
    );
    expect((await deployment('c', 'default', ['big'])).headers.get('warning')).toBeNull();
    await fleet.call('DELETE', `${POOLS.replace('default', 'ci')}/a`);
  });
});

function bomb(): string {
  const levels = Array.from({ length: 12 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`)}]`);
  return `l0: &l0 [x]\n${levels.join('\n')}`;
}
