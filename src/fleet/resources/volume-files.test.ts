import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from './object.ts';
import { pullSecrets } from './pull-secrets.ts';
import type { RunnerSpec } from './runner-spec.ts';
import { emptyParts, type VolumeFiles, type VolumePlace, volumeFiles } from './volume-files.ts';

const metadata = { name: 'box', namespace: 'builds', labels: { b: 'two "2"', a: '1' } } as unknown as ObjectMeta;
const KEPT: Record<string, Record<string, Buffer>> = {
  'secrets/login': { user: Buffer.from('me'), key: Buffer.from([0, 255]) },
  'configmaps/flags': { level: Buffer.from('3') },
};
const place: VolumePlace = { metadata, contentOf: (plural, name) => KEPT[`${plural}/${name}`] };
const filesOf = (...volumes: NonNullable<RunnerSpec['volumes']>): VolumeFiles => volumeFiles({ volumes }, place);
/** `path mode content`. */
const shown = (files: VolumeFiles): string[] =>
  (files.v ?? []).map(({ path, mode, content }) => `${path} ${mode.toString(8)} ${content.toString('latin1')}`);
const items = [{ key: 'user', path: 'sub/name', mode: 0o400 }];

describe('files of a volume', () => {
  it('are all keys of a Secret or ConfigMap, bytes as they are', () => {
    expect(shown(filesOf({ name: 'v', secret: { secretName: 'login' } }))).toEqual(['user 644 me', 'key 644 \0\xff']);
    expect(shown(filesOf({ name: 'v', configMap: { name: 'flags', defaultMode: 0o440 } }))).toEqual(['level 440 3']);
  });

  it('are those of `items` alone where there are some, with their paths and modes', () => {
    const secret = { secretName: 'login', items, defaultMode: 0o600 };
    expect(shown(filesOf({ name: 'v', secret }))).toEqual(['sub/name 400 me']);
  });

  it('are fields of the metadata, of which labels and annotations are a line each', () => {
    const fields = ['metadata.name', 'metadata.labels', "metadata.labels['a']"];
    const downwardAPI = { items: fields.map((fieldPath, at) => ({ path: `f${at}`, fieldRef: { fieldPath } })) };
    expect(shown(filesOf({ name: 'v', downwardAPI }))).toEqual([
      'f0 644 box',
      'f1 644 a="1"\nb="two \\"2\\""',
      'f2 644 1',
    ]);
  });

  it('come from several sources in a projected volume', () => {
    const projected = {
      defaultMode: 0o400,
      sources: [
        { secret: { name: 'login', items } },
        { configMap: { name: 'flags' } },
        { serviceAccountToken: { path: 'token' } },
      ],
    };
    expect(shown(filesOf({ name: 'v', projected }))).toEqual(['sub/name 400 me', 'level 400 3']);
    expect(emptyParts('projected', projected)).toEqual(['.sources[2]']);
    const memory = { path: 'm', resourceFieldRef: { resource: 'limits.memory' } };
    expect(emptyParts('downwardAPI', { items: [memory] })).toEqual(['.items[0]']);
  });

  it('that are missing are named, unless they are optional', () => {
    const of = (secret: object) => () => shown(filesOf({ name: 'v', secret }));
    const key = { secretName: 'login', items: [{ key: 'no', path: 'x' }] };
    expect(of({ secretName: 'none' })).toThrow(
      'There is no Secret "none" in the namespace builds, which a volume of the runner names.',
    );
    expect(of(key)).toThrow('The Secret "login" has no key "no", which a volume of the runner names.');
    expect(of({ secretName: 'none', optional: true })()).toEqual([]);
    expect(of({ ...key, optional: true })()).toEqual([]);
  });

  it('never lie outside of the volume', () => {
    for (const path of ['../x', '/x', 'a/../../x', '..', '']) {
      const secret = { secretName: 'login', items: [{ key: 'user', path }] };
      expect(filesOf({ name: 'v', secret })).toEqual({});
    }
  });
});

describe('logins of imagePullSecrets', () => {
  const config = { auths: { 'ghcr.io': { auth: 'x' } } };
  const secrets: Record<string, Record<string, string>> = {
    new: { '.dockerconfigjson': JSON.stringify(config) },
    old: { '.dockercfg': JSON.stringify({ 'old.io': { username: 'me' } }) },
    other: { token: 't', '.dockerconfigjson': '{' },
  };
  const found = (...names: string[]) =>
    pullSecrets({ imagePullSecrets: names.map((name) => ({ name })) }, (name) => secrets[name]);

  it('are those of Secrets of both types', () => {
    expect(found('old', 'new').logins).toEqual([
      { registry: 'old.io', entry: { username: 'me' } },
      { registry: 'ghcr.io', entry: { auth: 'x' } },
    ]);
  });

  it('that are missing are no error, as on Kubernetes, but are said when a pull fails', () => {
    expect(found('none', 'other')).toEqual({
      logins: [],
      problems: ['the Secret "none" does not exist', 'the Secret "other" has no .dockerconfigjson with logins'],
    });
  });
});
