import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';

let fleet: FleetUnderTest | undefined;
afterEach(() => fleet?.close());

const withToken = (name: string) => ({
  repository: 'octo/app',
  env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name, key: 'token' } } }],
});

it('a runner is started with the values of the Secrets that its variables name, which no resource shows', async () => {
  fleet = await FleetUnderTest.withFake(new ManualClock());
  fleet.store.create('secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'login', namespace: 'default' },
    type: 'Opaque',
    data: { token: Buffer.from('very secret').toString('base64') },
  });
  fleet.deploy('pool', 1, withToken('login'));
  await fleet.controller.settled();
  expect(fleet.backend.started[0]?.spec.env).toEqual([{ name: 'TOKEN', value: 'very secret' }]);
  expect(JSON.stringify(fleet.runners())).not.toContain('very secret');
});

it('a runner is started with the files of its volumes and the logins of its images, of its namespace and no other', async () => {
  fleet = await FleetUnderTest.withFake(new ManualClock());
  const secret = (name: string, namespace: string, data: Record<string, string>) =>
    fleet?.store.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'Opaque',
      data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
    });
  secret('keys', 'default', { key: 'very secret' });
  secret('pull', 'default', { '.dockerconfigjson': '{"auths":{"ghcr.io":{"auth":"x"}}}' });
  secret('theirs', 'others', { '.dockerconfigjson': '{"auths":{"ghcr.io":{"auth":"y"}}}' });
  fleet.deploy('pool', 1, {
    repository: 'octo/app',
    volumes: [{ name: 'v', secret: { secretName: 'keys' } }],
    imagePullSecrets: [{ name: 'pull' }, { name: 'theirs' }],
  });
  await fleet.controller.settled();
  const [started] = fleet.backend.started;
  expect(started?.volumeFiles?.()).toEqual({ v: [{ path: 'key', mode: 0o644, content: Buffer.from('very secret') }] });
  expect(started?.pullSecrets?.()).toEqual({
    logins: [{ registry: 'ghcr.io', entry: { auth: 'x' } }],
    problems: ['the Secret "theirs" does not exist'],
  });
  expect(JSON.stringify(fleet.runners())).not.toContain('very secret');
});

it('a runner whose Secret is missing is a failed start that names it', async () => {
  fleet = await FleetUnderTest.withFake(new ManualClock());
  fleet.deploy('pool', 1, withToken('nowhere'));
  await fleet.controller.settled();
  expect(fleet.backend.started).toEqual([]);
  expect(fleet.events().find(({ reason }) => reason === 'FailedStart')?.message).toBe(
    'There is no Secret "nowhere" in the namespace default, which a variable of the runner names.',
  );
});
