import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiUnderTest, POOLS, pool, poolOf } from '../../../test/support/api-under-test.ts';

const POOL = `${POOLS}/pool`;

describe('writing to the fleet API', () => {
  let fleet: ApiUnderTest;
  beforeEach(async () => {
    fleet = await ApiUnderTest.start();
  });
  afterEach(() => fleet.close());

  it('rehearses every write without storing anything', async () => {
    const created = await fleet.call('POST', `${POOLS}?dryRun=All`, pool(2));
    expect([created.status, created.body.spec]).toEqual([201, pool(2).spec]);
    await fleet.call('POST', POOLS, pool(2));
    const version = fleet.store.version;
    const changed = [
      await fleet.call('PUT', `${POOL}?dryRun=All`, pool(3)),
      await fleet.patch(`${POOL}?dryRun=All`, 'merge-patch', { spec: { replicas: 3 } }),
      await fleet.apply(POOL, pool(3), 'fieldManager=me&dryRun=All'),
    ];
    expect(changed.map(({ body }) => body.spec)).toEqual(changed.map(() => pool(3).spec));
    expect((await fleet.call('DELETE', `${POOL}?dryRun=All`)).status).toBe(200);
    expect(await fleet.call('DELETE', POOL, { dryRun: ['All'] })).toMatchObject({ status: 200 });
    expect(fleet.store.version).toBe(version);
  });

  it('changes single places by a JSON patch', async () => {
    await fleet.call('POST', POOLS, pool(2));
    const { body } = await fleet.patch(POOL, 'json-patch', [
      { op: 'test', path: '/spec/replicas', value: 2 },
      { op: 'replace', path: '/spec/replicas', value: 5 },
      { op: 'add', path: '/metadata/labels', value: {} },
      { op: 'add', path: '/metadata/labels/example.com~1team', value: 'a' },
      { op: 'add', path: '/spec/template/spec/labels', value: ['one', 'three'] },
      { op: 'add', path: '/spec/template/spec/labels/1', value: 'two' },
      { op: 'move', path: '/spec/template/spec/labels/-', from: '/spec/template/spec/labels/0' },
    ]);
    expect(body.spec).toMatchObject({ replicas: 5, template: { spec: { labels: ['two', 'three', 'one'] } } });
    expect(body.metadata?.labels).toEqual({ 'example.com/team': 'a' });
  });

  it.each([
    ['a failed test', [{ op: 'test', path: '/spec/replicas', value: 7 }], 422],
    ['a place that is not there', [{ op: 'remove', path: '/spec/colour' }], 422],
    ['a place outside of a list', [{ op: 'add', path: '/spec/template/spec/labels/7', value: 'x' }], 422],
    ['an unknown operation', [{ op: 'double', path: '/spec/replicas' }], 400],
    ['what is no list', { op: 'remove', path: '/spec' }, 400],
    ['a patch that makes the object invalid', [{ op: 'replace', path: '/spec/replicas', value: 'two' }], 422],
    ['a patch of its prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }], 422],
  ])('refuses %s in a JSON patch and changes nothing', async (_what, patch, status) => {
    await fleet.call('POST', POOLS, poolOf({ repository: 'octo/app', labels: ['a'] }, 2));
    const version = fleet.store.version;
    expect(await fleet.patch(POOL, 'json-patch', patch)).toMatchObject({ status, body: { kind: 'Status' } });
    expect(fleet.store.version).toBe(version);
  });

  it('takes strategic merge patches for the core kinds only, as Kubernetes does', async () => {
    await fleet.call('POST', POOLS, pool());
    const refused = await fleet.patch(POOL, 'strategic-merge-patch', { spec: { replicas: 2 } });
    expect([refused.status, refused.body.reason]).toEqual([415, 'UnsupportedMediaType']);
    const maps = '/api/v1/namespaces/default/configmaps';
    const metadata = { name: 'm', finalizers: ['a/b', 'c/d'] };
    await fleet.call('POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1', b: '2' } });
    const { body } = await fleet.patch(`${maps}/m`, 'strategic-merge-patch', {
      data: { a: null, c: '3' },
      metadata: { '$deleteFromPrimitiveList/finalizers': ['c/d'], finalizers: ['e/f'] },
    });
    expect(body).toMatchObject({ data: { b: '2', c: '3' }, metadata: { finalizers: ['a/b', 'e/f'] } });
  });

  it('tells an apply of the fields that another applier owns, and lets it take them by force', async () => {
    await fleet.apply(POOL, pool(2), 'fieldManager=alice');
    const same = await fleet.apply(POOL, pool(2), 'fieldManager=bob');
    expect(same.status).toBe(200);
    const other = await fleet.apply(POOL, pool(5), 'fieldManager=bob');
    expect(other).toMatchObject({
      status: 409,
      body: {
        reason: 'Conflict',
        message: 'Apply failed with 1 conflict: conflict with "alice": .spec.replicas',
        details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas' }] },
      },
    });
    const forced = await fleet.apply(POOL, pool(5), 'fieldManager=bob&force=true');
    expect(forced.body.spec).toMatchObject({ replicas: 5 });
    const again = await fleet.apply(POOL, pool(2), 'fieldManager=alice');
    expect(again.body.message).toContain('conflict with "bob": .spec.replicas');
  });

  it('scales by the scale subresource, and changes nothing else', async () => {
    await fleet.call('POST', POOLS, pool(2));
    const { body } = await fleet.call('GET', `${POOL}/scale`);
    expect(body).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 } });
    await fleet.call('PUT', `${POOL}/scale`, { ...body, spec: { replicas: 4 } });
    const late = await fleet.call('PUT', `${POOL}/scale`, { ...body, spec: { replicas: 9 } });
    expect([late.status, late.body.reason]).toEqual([409, 'Conflict']);
    await fleet.patch(`${POOL}/scale`, 'merge-patch', { spec: { replicas: 5 } });
    expect((await fleet.call('GET', POOL)).body.spec).toEqual({ ...pool(5).spec });
    expect((await fleet.patch(`${POOL}/scale`, 'merge-patch', { spec: { replicas: -1 } })).status).toBe(400);
  });

  it('deletes what a selector finds', async () => {
    for (const name of ['a', 'b', 'c']) {
      await fleet.call('POST', POOLS, { ...pool(), metadata: { name, labels: { team: name === 'c' ? 'x' : 'y' } } });
    }
    await fleet.call('DELETE', `${POOLS}?labelSelector=team%3Dy`);
    expect(fleet.store.list('runnerdeployments').map(({ metadata }) => metadata.name)).toEqual(['c']);
  });

  it('refuses a deletion whose precondition fails, and a namespace that may not go', async () => {
    await fleet.call('POST', POOLS, pool());
    const { status, body } = await fleet.call('DELETE', POOL, { preconditions: { uid: 'other' } });
    expect([status, body.reason]).toEqual([409, 'Conflict']);
    const namespace = await fleet.call('DELETE', '/api/v1/namespaces/default');
    expect([namespace.status, namespace.body.reason]).toEqual([403, 'Forbidden']);
  });

  it('adds and deletes for a watcher what comes to match its selector and ceases to', async () => {
    await fleet.call('POST', POOLS, pool());
    const list = await fleet.call('GET', `${POOLS}?labelSelector=team`);
    const version = list.body.metadata?.resourceVersion;
    const watch = await fleet.watch(`${POOLS}?watch=1&labelSelector=team&resourceVersion=${version}`);
    await fleet.patch(POOL, 'merge-patch', { metadata: { labels: { team: 'a' } } });
    await fleet.patch(POOL, 'merge-patch', { metadata: { labels: { team: 'b' } } });
    await fleet.patch(POOL, 'merge-patch', { metadata: { labels: { team: null } } });
    await fleet.call('DELETE', POOL);
    await fleet.call('POST', POOLS, { ...pool(), metadata: { name: 'last', labels: { team: 'c' } } });
    const types = [await watch.next(), await watch.next(), await watch.next(), await watch.next()];
    expect(types.map((event) => (event as { type: string }).type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED']);
    await watch.cancel();
  });

  it('sends bookmarks to watchers that ask for them', async () => {
    await fleet.call('POST', POOLS, pool());
    const watch = await fleet.watch(`${POOLS}?watch=1&allowWatchBookmarks=true`);
    await watch.next();
    fleet.clock.advance(60_000);
    const metadata = { resourceVersion: fleet.store.version };
    expect(await watch.next()).toMatchObject({ type: 'BOOKMARK', object: { kind: 'RunnerDeployment', metadata } });
    await watch.cancel();
  });
});
