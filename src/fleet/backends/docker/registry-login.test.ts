import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RegistryLogin } from '../../resources/pull-secrets.ts';
import { loginsFor, openLogin, removeOldLogins } from './registry-login.ts';

const entry = { auth: Buffer.from('me:secret').toString('base64') };
const matching = (image: string, ...registries: string[]): string[] =>
  loginsFor(
    image,
    registries.map((registry) => ({ registry, entry })),
  ).map(({ registry }) => registry);

describe('which logins are for an image', () => {
  it('is said by the host, whatever the Secret writes around it', () => {
    const all = ['https://ghcr.io', 'ghcr.io/v2/', 'other.io', 'localhost:5000'];
    expect(matching('ghcr.io/me/app:1', ...all)).toEqual(['https://ghcr.io', 'ghcr.io/v2/']);
    expect(matching('localhost:5000/app@sha256:0', ...all)).toEqual(['localhost:5000']);
  });

  it("is Docker's own registry where the image names none", () => {
    const hub = ['https://index.docker.io/v1/', 'docker.io', 'ghcr.io'];
    expect(matching('redis:7', ...hub)).toEqual(hub.slice(0, 2));
    expect(matching('me/app', ...hub)).toEqual(hub.slice(0, 2));
    expect(matching('docker.io/me/app', ...hub)).toEqual(hub.slice(0, 2));
  });

  it('is the longest path first, and none for another path', () => {
    const all = ['ghcr.io', 'ghcr.io/me', 'ghcr.io/m', 'ghcr.io/me/app/', 'ghcr.io/you'];
    expect(matching('ghcr.io/me/app:1', ...all)).toEqual(['ghcr.io/me/app/', 'ghcr.io/me', 'ghcr.io']);
  });

  it('may have a star for a part of the host', () => {
    expect(matching('1.ecr.example.com/a/b', '*.ecr.example.com', '*.example.com')).toEqual(['*.ecr.example.com']);
  });
});

describe('the configuration for one pull', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'login-'));
    mkdirSync(join(folder, '.docker', 'contexts'), { recursive: true });
    const config = { currentContext: 'far', credsStore: 'pass', credHelpers: { 'ghcr.io': 'x' }, auths: { a: {} } };
    writeFileSync(join(folder, '.docker', 'config.json'), JSON.stringify(config));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (image: string, given: RegistryLogin['entry'] = entry) =>
    openLogin(image, { registry: 'any', entry: given }, { HOME: folder }, folder);
  const configOf = (path = ''): unknown => JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'));

  it("keeps where the engine is, has this login alone, and is the fleet's alone", () => {
    const { environment, close } = open('ghcr.io/me/app');
    const made = environment.DOCKER_CONFIG ?? '';
    expect(configOf(made)).toEqual({ currentContext: 'far', auths: { 'ghcr.io': entry } });
    expect(readdirSync(made)).toContain('contexts');
    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(statSync(join(made, 'config.json')).mode & 0o777).toBe(0o600);
    close();
    expect(existsSync(made)).toBe(false);
    expect(existsSync(join(folder, '.docker', 'contexts'))).toBe(true);
  });

  it('takes names and passwords as well, and writes the name that the client has for its own registry', () => {
    const { environment } = open('redis', { username: 'me', password: 'secret' });
    expect(configOf(environment.DOCKER_CONFIG)).toMatchObject({ auths: { 'https://index.docker.io/v1/': entry } });
  });

  it('of a fleet that was killed is removed by the next', () => {
    const { environment } = open('redis');
    removeOldLogins(folder);
    expect(existsSync(environment.DOCKER_CONFIG ?? '')).toBe(false);
    expect(existsSync(join(folder, '.docker'))).toBe(true);
  });
});
