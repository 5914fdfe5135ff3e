/** Logins of `imagePullSecrets` for the Docker client, which hands them to the engine with one pull (X-Registry-Auth). */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newGuid } from '../../../common/ids.ts';
import type { RegistryLogin } from '../../resources/pull-secrets.ts';

/** What the client calls Docker's own registry. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOSTS = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** Those for this image, the ones for the longest part of its path first. Hosts may have `*` for a part, as on Kubernetes. */
export function loginsFor(image: string, logins: readonly RegistryLogin[]): RegistryLogin[] {
  const wanted = placeOfImage(image);
  return logins
    .map((login) => ({ login, of: placeOfLogin(login.registry) }))
    .filter(({ of }) => hostMatches(of.host, wanted.host) && isPart(of.path, wanted.path))
    .sort((a, b) => b.of.path.length - a.of.path.length)
    .map(({ login }) => login);
}

interface Place {
  host: string;
  path: string[];
}

function placeOfImage(image: string): Place {
  const [name = ''] = image.split('@');
  const [first = '', ...rest] = name.replace(/:[^:/]*$/, '').split('/');
  const isHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  return isHost ? place(first, rest) : place(DOCKER_HUB, [first, ...rest]);
}

function placeOfLogin(registry: string): Place {
  const [host = '', ...path] = registry
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .split('/');
  return place(host, /^v[12]$/.test(path[0] ?? '') ? path.slice(1) : path);
}

const place = (host: string, path: string[]): Place => ({
  host: DOCKER_HUB_HOSTS.includes(host) ? DOCKER_HUB : host,
  path,
});

function hostMatches(pattern: string, host: string): boolean {
  const [wanted, given] = [pattern.split('.'), host.split('.')];
  return wanted.length === given.length && wanted.every((part, index) => part === '*' || part === given[index]);
}

const isPart = (start: string[], path: string[]): boolean => start.every((part, index) => part === path[index]);

/** Folders of a crash are found by it. */
const PREFIX = '.login-';

export interface LoginFolder {
  /** For the client, in the place of its own. */
  environment: Record<string, string>;
  close(): void;
}

/**
 * The client's configuration with this one login for the registry of the image, as long as a call lives; where the engine is
 * stays as it was configured.
 * @param environment of the client @param scratch folder that is ours alone
 */
export function openLogin(
  image: string,
  { entry }: RegistryLogin,
  environment: Record<string, string>,
  scratch: string,
): LoginFolder {
  const { host } = placeOfImage(image);
  const configured = environment.DOCKER_CONFIG ?? join(environment.HOME ?? '/', '.docker');
  const folder = join(scratch, `${PREFIX}${newGuid()}`);
  mkdirSync(folder, { mode: 0o700 });
  for (const name of namesIn(configured)) {
    if (name !== 'config.json') symlinkSync(join(configured, name), join(folder, name));
  }
  // A store of the client's own would count before what is written here.
  const { credsStore, credHelpers, ...own } = configIn(configured);
  const auths = { [host === DOCKER_HUB ? DOCKER_HUB_KEY : host]: { ...entry, ...basic(entry) } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...own, auths }), { mode: 0o600 });
  return {
    environment: { DOCKER_CONFIG: folder },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What a fleet that was killed has left. */
export function removeOldLogins(scratch: string): void {
  for (const name of namesIn(scratch)) {
    if (name.startsWith(PREFIX)) rmSync(join(scratch, name), { recursive: true, force: true });
  }
}

function basic({ auth, username, password }: RegistryLogin['entry']): { auth?: string } {
  if (auth !== undefined || username === undefined) return {};
  return { auth: Buffer.from(`${username}:${password ?? ''}`).toString('base64') };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function configIn(folder: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
