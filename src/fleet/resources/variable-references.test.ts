import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from './object.ts';
import type { RunnerSpec } from './runner-spec.ts';
import { isReference, type Place, resolveVariables } from './variable-references.ts';

const metadata = {
  name: 'box',
  namespace: 'builds',
  uid: 'u-1',
  labels: { team: 'core' },
  annotations: { 'a/b': 'noted' },
} as unknown as ObjectMeta;
const KEPT: Record<string, Record<string, string>> = {
  'secrets/login': { USER: 'me', PASSWORD: 'secret' },
  'configmaps/flags': { LEVEL: '3' },
};
const place: Place = { metadata, lookUp: (plural, name) => KEPT[`${plural}/${name}`] };
const resolve = (spec: RunnerSpec): RunnerSpec => resolveVariables({ repository: 'octo/app', ...spec }, place);
const secret = (key: string, more = {}) => ({ secretKeyRef: { name: 'login', key, ...more } });

describe('variables that name something else', () => {
  it('become the values of Secrets, ConfigMaps and fields of the metadata', () => {
    const { env } = resolve({
      env: [
        { name: 'PLAIN', value: 'as it is' },
        { name: 'PASSWORD', valueFrom: secret('PASSWORD') },
        { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'flags', key: 'LEVEL' } } },
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'TEAM', valueFrom: { fieldRef: { fieldPath: "metadata.labels['team']" } } },
        { name: 'NOTE', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['a/b']" } } },
      ],
    });
    expect(env?.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'PLAIN=as it is',
      'PASSWORD=secret',
      'LEVEL=3',
      'NAME=box',
      'TEAM=core',
      'NOTE=noted',
    ]);
  });

  it('come whole from envFrom, with their prefix, and before those of env, which win', () => {
    const { env, envFrom } = resolve({
      envFrom: [{ secretRef: { name: 'login' } }, { prefix: 'FLAG_', configMapRef: { name: 'flags' } }],
      env: [{ name: 'USER', value: 'other' }],
    });
    expect(env?.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'USER=me',
      'PASSWORD=secret',
      'FLAG_LEVEL=3',
      'USER=other',
    ]);
    expect(envFrom).toBeUndefined();
  });

  it('are looked up in containers and for the docker sidecar too', () => {
    const spec = resolve({
      dockerEnv: [{ name: 'P', valueFrom: secret('PASSWORD') }],
      containers: [{ name: 'proxy', envFrom: [{ configMapRef: { name: 'flags' } }] }, { name: 'plain' }],
      initContainers: [{ name: 'first', env: [{ name: 'U', valueFrom: secret('USER') }] }],
    });
    expect(spec.dockerEnv).toEqual([{ name: 'P', value: 'secret' }]);
    expect(spec.containers).toEqual([{ name: 'proxy', env: [{ name: 'LEVEL', value: '3' }] }, { name: 'plain' }]);
    expect(spec.initContainers).toEqual([{ name: 'first', env: [{ name: 'U', value: 'me' }] }]);
  });

  it('name what is missing, unless it is optional', () => {
    expect(() => resolve({ env: [{ name: 'A', valueFrom: secret('TOKEN') }] })).toThrow(
      'The Secret "login" has no key "TOKEN", which a variable of the runner names.',
    );
    expect(() => resolve({ envFrom: [{ configMapRef: { name: 'none' } }] })).toThrow(
      'There is no ConfigMap "none" in the namespace builds, which a variable of the runner names.',
    );
    const { env } = resolve({
      env: [{ name: 'A', valueFrom: secret('TOKEN', { optional: true }) }],
      envFrom: [{ secretRef: { name: 'none', optional: true } }],
    });
    expect(env).toEqual([]);
  });

  it('stay as they are where nothing here can give the value, which review tells', () => {
    const env = [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
    expect(resolve({ env }).env).toEqual(env);
    expect(isReference(env[0]?.valueFrom)).toBe(false);
    expect(isReference(secret('USER'))).toBe(true);
  });
});
