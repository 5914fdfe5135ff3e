import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiUnderTest } from '../../../test/support/api-under-test.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { ResourceStore } from '../store/resource-store.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

const secret = (more: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'github' }, ...more });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('Secrets, ConfigMaps and Namespaces', () => {
  let fleet: ApiUnderTest;
  beforeEach(async () => {
    fleet = await ApiUnderTest.start();
  });
  afterEach(() => fleet.close());

  it('keeps a Secret over a restart, and nothing of it is to be read in the file', async () => {
    const { body } = await fleet.call('POST', SECRETS, secret({ stringData: { github_token: 'ghp_very-secret' } }));
    expect(body).toMatchObject({ type: 'Opaque', data: { github_token: base64('ghp_very-secret') } });
    expect(body).not.toHaveProperty('stringData');
    await fleet.restart();
    expect((await fleet.call('GET', `${SECRETS}/github`)).body).toEqual(body);
    for (const file of [fleet.databaseFile, `${fleet.databaseFile}-wal`]) {
      const text = await readFile(file, 'latin1').catch(() => '');
      expect(text).not.toContain('ghp_very-secret');
      expect(text).not.toContain(base64('ghp_very-secret'));
    }
  });

  it('says which file is wrong when its key is another', async () => {
    await fleet.call('POST', SECRETS, secret({ stringData: { a: 'b' } }));
    expect(() => new ResourceStore(fleet.databaseFile, new ManualClock())).toThrow(
      "The fleet's Secrets cannot be read with the key beside its database.",
    );
  });

  it('shows of a Secret only how many entries it has', async () => {
    await fleet.call('POST', SECRETS, secret({ stringData: { a: 'hidden', b: 'too' } }));
    const { body } = await fleet.call('GET', SECRETS, undefined, TABLE);
    expect(body.rows).toMatchObject([{ cells: ['github', 'Opaque', 2, '0s'] }]);
    expect(JSON.stringify(body)).not.toContain(base64('hidden'));
  });

  it.each([
    ['a value that is not base64', { data: { token: 'hi there' } }, 'data.token'],
    ['a key with a slash', { stringData: { 'a/b': 'x' } }, 'stringData.a/b'],
    ['a number', { stringData: { a: 7 } }, 'stringData.a'],
  ])('names the field of %s, and never its value', async (_what, content, field) => {
    const { status, body } = await fleet.call('POST', SECRETS, secret(content));
    expect(status).toBe(422);
    expect(body.details?.causes).toMatchObject([{ field }]);
    expect(JSON.stringify(body)).not.toContain('hi there');
  });

  it('keeps type and what is immutable', async () => {
    await fleet.call('POST', SECRETS, secret({ stringData: { a: '1' }, immutable: true }));
    const other = await fleet.patch(`${SECRETS}/github`, 'merge-patch', { stringData: { a: '2' } });
    expect(other.body.details?.causes).toMatchObject([{ field: 'data', reason: 'FieldValueForbidden' }]);
    const type = await fleet.patch(`${SECRETS}/github`, 'merge-patch', { type: 'other' });
    expect(type.body.details?.causes).toMatchObject([{ field: 'type' }]);
  });

  it('applies a Secret twice without a second change, and removes what is no longer sent', async () => {
    const first = await fleet.apply(`${SECRETS}/github`, secret({ stringData: { a: '1', b: '2' } }));
    const second = await fleet.apply(`${SECRETS}/github`, secret({ stringData: { a: '1', b: '2' } }));
    expect(second.body.metadata?.resourceVersion).toBe(first.body.metadata?.resourceVersion);
    const third = await fleet.apply(`${SECRETS}/github`, secret({ stringData: { a: '1' } }));
    expect(third.body.data).toEqual({ a: base64('1') });
  });

  it('makes a namespace with its first object, and lists it', async () => {
    const maps = '/api/v1/namespaces/runners/configmaps';
    await fleet.call('POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: '1' } });
    const { body } = await fleet.call('GET', '/api/v1/namespaces');
    expect(body.items).toMatchObject([
      { metadata: { name: 'default' }, status: { phase: 'Active' } },
      { metadata: { name: 'runners' }, status: { phase: 'Active' } },
    ]);
    expect((body.items as { metadata: object }[])[0]?.metadata).not.toHaveProperty('namespace');
  });

  it('takes no new objects into a namespace that is being deleted', async () => {
    const maps = '/api/v1/namespaces/runners/configmaps';
    const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    await fleet.call('POST', maps, map('m'));
    const { body } = await fleet.call('DELETE', '/api/v1/namespaces/runners');
    expect(body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    expect(await fleet.call('POST', maps, map('n'))).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
  });
});
