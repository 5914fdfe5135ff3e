import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ApiUnderTest, POOLS, pool, poolOf, TOKEN } from '../../../test/support/api-under-test.ts';
import { EventRecorder } from '../store/event-recorder.ts';

const BASE = '/apis/actions.summerwind.dev/v1alpha1';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

describe('the fleet API', () => {
  let fleet: ApiUnderTest;
  beforeEach(async () => {
    fleet = await ApiUnderTest.start();
  });
  afterEach(() => fleet.close());

  const call: ApiUnderTest['call'] = (...request) => fleet.call(...request);
  const apply = (text: string) => fleet.apply(`${POOLS}/pool`, text);
  const merge = (path: string, patch: object) => fleet.patch(path, 'merge-patch', patch);

  it('refuses every request without the token', async () => {
    for (const authorization of ['', 'Bearer wrong', `Basic ${TOKEN}`]) {
      const { status, body } = await call('GET', '/version', undefined, { authorization });
      expect([status, body.reason]).toEqual([401, 'Unauthorized']);
    }
  });

  it('creates, reads, lists, updates and deletes', async () => {
    const created = await call('POST', POOLS, pool());
    expect(created.status).toBe(201);
    expect(created.body.metadata).toMatchObject({ name: 'pool', namespace: 'default', generation: 1 });
    expect((await call('GET', `${POOLS}/pool`)).body).toEqual(created.body);
    const list = await call('GET', `${BASE}/runnerdeployments`);
    expect(list.body).toMatchObject({ kind: 'RunnerDeploymentList', items: [created.body] });
    const updated = await call('PUT', `${POOLS}/pool`, { ...created.body, spec: pool(3).spec });
    expect(updated.body.metadata).toMatchObject({ generation: 2, uid: created.body.metadata?.uid });
    const deleted = await call('DELETE', `${POOLS}/pool`);
    expect(deleted.body).toMatchObject({ kind: 'Status', status: 'Success' });
    expect((await call('GET', `${POOLS}/pool`)).body).toMatchObject({ kind: 'Status', reason: 'NotFound', code: 404 });
  });

  it('refuses an update that was made from an old version', async () => {
    const { body } = await call('POST', POOLS, pool());
    await merge(`${POOLS}/pool`, { spec: { replicas: 2 } });
    const late = await call('PUT', `${POOLS}/pool`, body);
    expect([late.status, late.body.reason]).toEqual([409, 'Conflict']);
    const twice = await call('POST', POOLS, pool());
    expect([twice.status, twice.body.reason]).toEqual([409, 'AlreadyExists']);
  });

  it('names each wrong field of a bad resource', async () => {
    const { status, body } = await call('POST', POOLS, {
      ...poolOf({ labels: ['ok', 7], ephemeral: 'yes', repository: 'no-slash' }),
      metadata: { name: 'Bad_Name' },
    });
    expect([status, body.reason]).toEqual([422, 'Invalid']);
    expect(body.details).toMatchObject({ kind: 'RunnerDeployment', group: 'actions.summerwind.dev', name: 'Bad_Name' });
    const causes = body.details?.causes ?? [];
    expect(causes.map(({ field }) => field).sort()).toEqual([
      'metadata.name',
      'spec.template.spec.ephemeral',
      'spec.template.spec.labels[1]',
      'spec.template.spec.repository',
    ]);
    expect(causes.find(({ field }) => field.endsWith('ephemeral'))?.reason).toBe('FieldValueTypeInvalid');
  });

  it.each([
    ['none', {}, 'spec.template.spec'],
    ['two', { organization: 'a', enterprise: 'b' }, 'spec.template.spec.organization'],
  ])('demands exactly one scope, not %s (OBJ-1)', async (_count, spec, field) => {
    const { status, body } = await call('POST', POOLS, poolOf(spec));
    expect(status).toBe(422);
    expect(body.details?.causes).toMatchObject([{ field }]);
  });

  it('demands a work volume for the kubernetes container mode (OBJ-2)', async () => {
    const { body } = await call('POST', POOLS, poolOf({ repository: 'o/r', containerMode: 'kubernetes' }));
    const field = 'spec.template.spec.workVolumeClaimTemplate';
    expect(body.details?.causes).toMatchObject([{ field, reason: 'FieldValueRequired' }]);
  });

  it('demands a template, and the right kind and version', async () => {
    const { body } = await call('POST', POOLS, { kind: 'Runner', apiVersion: 'v1', metadata: { name: 'x' }, spec: {} });
    const fields = (body.details?.causes ?? []).map(({ field }) => field);
    expect(fields).toEqual(['apiVersion', 'kind', 'spec.template']);
  });

  it('warns of unknown fields and of fields without effect, and refuses unknown ones when told to be strict (D-1)', async () => {
    const sent = poolOf({ repository: 'octo/app', image: 'x', colour: 'red' });
    const { headers } = await call('POST', POOLS, sent);
    expect(headers.get('warning')).toContain('299 - "unknown field \\"spec.template.spec.colour\\""');
    expect(headers.get('warning')).toContain('spec.template.spec.image: has no effect');
    const strict = await call('PUT', `${POOLS}/pool?fieldValidation=Strict`, sent);
    expect(strict.status).toBe(400);
    expect(strict.body.message).toContain('unknown field "spec.template.spec.colour"');
  });

  it('applies YAML twice without a second change, and removes what is no longer there', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../examples/runners.yaml'), 'utf8');
    const named = text.replace('name: example-runners', 'name: pool');
    const first = await apply(named);
    expect(first.status).toBe(201);
    const second = await apply(named);
    expect([second.status, second.body]).toEqual([200, first.body]);
    const { replicas, ...rest } = parse(named).spec;
    expect(replicas).toBe(2);
    const third = await apply(JSON.stringify({ ...parse(named), spec: rest }));
    expect(third.body.spec).not.toHaveProperty('replicas');
  });

  it('keeps what others set when an apply does not mention it', async () => {
    await apply(JSON.stringify(pool()));
    await merge(`${POOLS}/pool`, { spec: { replicas: 7 }, metadata: { labels: { team: 'a' } } });
    const { body } = await apply(JSON.stringify(poolOf({ repository: 'octo/other' })));
    expect(body.spec).toMatchObject({ replicas: 7, template: { spec: { repository: 'octo/other' } } });
    expect(body.metadata?.labels).toEqual({ team: 'a' });
  });

  it('changes the status by its own path only', async () => {
    await call('POST', POOLS, { ...pool(), status: { replicas: 9 } });
    const { body } = await merge(`${POOLS}/pool/status`, { status: { replicas: 1 }, spec: { replicas: 5 } });
    expect(body.status).toEqual({ replicas: 1 });
    expect(body.spec).not.toHaveProperty('replicas');
    expect((await merge(`${POOLS}/pool`, { status: { replicas: 2 } })).body.status).toEqual({ replicas: 1 });
  });

  it('prints the columns of ARC as a table', async () => {
    await call('POST', POOLS, poolOf({ repository: 'octo/app', labels: ['a', 'b'] }));
    fleet.clock.advance(300_000);
    const { body } = await call('GET', POOLS, undefined, { accept: TABLE });
    const columns = (body.columnDefinitions as unknown as { name: string }[]).map(({ name }) => name);
    expect(columns.join(' ')).toBe(
      'Name Enterprise Organization Repository Group Labels Desired Current Up-To-Date Available Age',
    );
    const rows = body.rows as unknown as { cells: unknown[] }[];
    expect(rows[0]?.cells).toEqual(['pool', '', '', 'octo/app', '', '["a","b"]', null, null, null, null, '5m']);
  });

  it('selects by labels and fields', async () => {
    for (const [name, team] of [
      ['a', 'red'],
      ['b', 'blue'],
    ] as const) {
      await call('POST', POOLS, { ...pool(), metadata: { name, labels: { team } } });
    }
    const found = async (query: string): Promise<string> => {
      const { body } = await call('GET', `${POOLS}?${query}`);
      return (body.items as unknown as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name).join();
    };
    expect(await found('labelSelector=team%3Dred')).toBe('a');
    expect(await found('labelSelector=team%20notin%20(red,green)')).toBe('b');
    expect(await found('labelSelector=!team')).toBe('');
    expect(await found('fieldSelector=metadata.name!%3Da')).toBe('b');
    expect((await call('GET', `${POOLS}?labelSelector=(`)).status).toBe(400);
  });

  it('watches: current objects first, then each change, and goes on from a version', async () => {
    const first = await call('POST', POOLS, pool());
    const watch = await fleet.watch(`${POOLS}?watch=1`);
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'pool' } } });
    await merge(`${POOLS}/pool`, { spec: { replicas: 4 } });
    expect(await watch.next()).toMatchObject({ type: 'MODIFIED', object: { spec: { replicas: 4 } } });
    await call('DELETE', `${POOLS}/pool`);
    expect(await watch.next()).toMatchObject({ type: 'DELETED' });
    const resumed = await fleet.watch(`${POOLS}?watch=true&resourceVersion=${first.body.metadata?.resourceVersion}`);
    expect(await resumed.next()).toMatchObject({ type: 'MODIFIED' });
    expect(await resumed.next()).toMatchObject({ type: 'DELETED' });
    await watch.cancel();
    await resumed.cancel();
  });

  it('survives a restart with everything, and tells old watchers to list again', async () => {
    const { body } = await call('POST', POOLS, pool());
    await merge(`${POOLS}/pool`, { spec: { replicas: 4 } });
    const before = (await call('GET', `${POOLS}/pool`)).body;
    await fleet.restart();
    expect((await call('GET', `${POOLS}/pool`)).body).toEqual(before);
    const watch = await fleet.watch(`${POOLS}?watch=1&resourceVersion=${body.metadata?.resourceVersion}`);
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    await watch.cancel();
    const next = await merge(`${POOLS}/pool`, { spec: { replicas: 5 } });
    expect(Number(next.body.metadata?.resourceVersion)).toBeGreaterThan(Number(before.metadata?.resourceVersion));
  });

  it('serves events, the same one again as a count', async () => {
    await call('POST', POOLS, pool());
    const object = fleet.store.get({ plural: 'runnerdeployments', namespace: 'default', name: 'pool' });
    const recorder = new EventRecorder(fleet.store, fleet.clock);
    for (let time = 0; time < 3; time++) recorder.record(object, 'Warning', 'FailedStart', 'no such host', 'test');
    const { body } = await call('GET', '/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dpool');
    expect(body.items).toMatchObject([{ kind: 'Event', reason: 'FailedStart', count: 3 }]);
  });

  it('tells clients what there is', async () => {
    const { body } = await call('GET', BASE);
    const names = (body.resources as unknown as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['runnerdeployments', 'runnerdeployments/status', 'runners']));
    expect((await call('GET', '/apis')).body.groups).toMatchObject([
      { name: 'actions.summerwind.dev' },
      { name: 'actions.github.com' },
    ]);
    expect((await call('GET', '/version')).body.major).toBe('1');
  });

  it.each([
    ['a dry run of an unknown kind', 'POST', `${POOLS}?dryRun=Some`, pool(), {}, 400],
    ['a body that is no object', 'POST', POOLS, '[]', {}, 400],
    ['broken JSON', 'POST', POOLS, '{', {}, 400],
    ['a body of another type', 'POST', POOLS, 'x', { 'content-type': 'text/plain' }, 415],
    ['a body over 1 MiB', 'POST', POOLS, ' '.repeat(1_100_000), {}, 413],
    [
      'a namespace other than the path says',
      'POST',
      POOLS,
      { ...pool(), metadata: { name: 'p', namespace: 'x' } },
      {},
      400,
    ],
    [
      'an apply without a manager',
      'PATCH',
      `${POOLS}/pool`,
      '{}',
      { 'content-type': 'application/apply-patch+yaml' },
      400,
    ],
    ['a path that is not there', 'GET', '/apis/apps/v1', undefined, {}, 404],
  ])('refuses %s with a Status', async (_what, method, path, body, headers, status) => {
    const answer = await call(method, path, body, headers);
    expect([answer.status, answer.body.kind, answer.body.code]).toEqual([status, 'Status', status]);
    expect(fleet.store.list('runnerdeployments')).toEqual([]);
  });
});
