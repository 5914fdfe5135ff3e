/** The only reader of the environment. */
import { resolve } from 'node:path';
import { UserError } from './errors.ts';
import { parseQuantity } from './quantity.ts';
import { SETTINGS, type SettingName } from './settings-table.ts';

/** The raw text of a setting: the environment's, or the default. */
export function setting(name: SettingName): string {
  const { env, default: fallback } = SETTINGS[name];
  return process.env[env] || fallback;
}

/** Secrets that a webhook may be signed with: none lets none in. */
export const webhookSecrets = (): string[] =>
  [setting('webhookSecret'), setting('previousWebhookSecret')].filter((secret) => secret !== '');

/**
 * A setting that must be a whole number within `min`..`max`.
 * @throws UserError naming the variable
 */
export function numberSetting(name: SettingName, min: number, max: number): number {
  const text = setting(name);
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UserError('bad-setting', `${SETTINGS[name].env} is "${text}".`, {
    hint: `Give a whole number from ${min} to ${max}.`,
  });
}

/** An amount such as `1.5`, `500m` or `2Gi`; undefined where it is not set. @throws UserError naming the variable */
export function quantitySetting(name: SettingName): number | undefined {
  const text = setting(name);
  if (text === '') return undefined;
  const amount = parseQuantity(text);
  if (amount !== undefined) return amount;
  throw new UserError('bad-setting', `${SETTINGS[name].env} is "${text}".`, {
    hint: 'Give an amount such as 1.5, 500m or 2Gi.',
  });
}

/** @throws UserError unless the text is `true` or `false` */
export function booleanSetting(name: SettingName): boolean {
  const text = setting(name).toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  throw new UserError('bad-setting', `${SETTINGS[name].env} is "${text}".`, { hint: 'Give true or false.' });
}

export const dataFolder = (): string => resolve(setting('data'));

/** The environment that jobs and child processes inherit, without our own variables: they may hold tokens. */
export function inheritedEnvironment(): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.startsWith('SWITCHYARD_')) inherited[name] = value;
  }
  return inherited;
}

/**
 * Node reads the file in NODE_EXTRA_CA_CERTS at every start, which costs a tenth of a second: too much for a process that
 * is started for every job. Our own programs get its name in another variable and read it when they first need it.
 */
const CA_FILE = 'NODE_EXTRA_CA_CERTS';
const DEFERRED_CA_FILE = 'SWITCHYARD_NODE_EXTRA_CA_CERTS';

const deferredCaFile = takeEnvironmentVariable(DEFERRED_CA_FILE);
/** What Node itself has read. */
const loadedCaFile = process.env[CA_FILE] || undefined;
// The programs of a job find it where they look for it.
if (deferredCaFile) process.env[CA_FILE] = deferredCaFile;

/**
 * Files with certificate authorities that the user wants trusted beside Node's own; none where Node has read them all.
 * SSL_CERT_FILE is where GitHub's runner and OpenSSL look.
 */
export function caFiles(): string[] {
  const { [CA_FILE]: extra, SSL_CERT_FILE: system } = process.env;
  const files = [extra, system].filter((file): file is string => file !== undefined && file !== '');
  return files.every((file) => file === loadedCaFile) ? [] : files;
}

/** As for GitHub's runner: certificates of servers are not looked at. For trying things out. */
export const isTlsUnverified = (): boolean =>
  /^(1|true|\$true)$/i.test(process.env.GITHUB_ACTIONS_RUNNER_TLS_NO_VERIFY ?? '');

export interface ProxyVariables {
  http: string | undefined;
  https: string | undefined;
  no: string | undefined;
}

/** What the environment says about proxies; small letters count first, as for GitHub's runner. */
export function proxyVariables(): ProxyVariables {
  const { env } = process;
  return {
    http: env.http_proxy || env.HTTP_PROXY,
    https: env.https_proxy || env.HTTPS_PROXY,
    no: env.no_proxy || env.NO_PROXY,
  };
}

/** The same in both spellings, where there is a proxy: some programs know only one of them. */
export function proxyEnvironment(): Record<string, string> {
  const { http, https, no } = proxyVariables();
  if (!http && !https) return {};
  const pairs = Object.entries({ http_proxy: http, https_proxy: https, no_proxy: no });
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => (value ? [name, name.toUpperCase()].map((one) => [one, value]) : [])),
  );
}

/** What the environment sets for runners. */
export function runnerSettings(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { env, ...definition } of Object.values(SETTINGS)) {
    const value = process.env[env];
    if ('forRunners' in definition && value !== undefined) found[env] = value;
  }
  return found;
}

/** The environment of runner and worker: what jobs may inherit, and the settings that are for runners. */
export function runnerEnvironment(): Record<string, string> {
  const inherited = { ...inheritedEnvironment(), ...proxyEnvironment(), ...runnerSettings() };
  const { [CA_FILE]: caFile, ...environment }: Record<string, string> = inherited;
  if (caFile !== undefined) environment[DEFERRED_CA_FILE] = caFile;
  return environment;
}

/** Reads a variable once and removes it, so that no child inherits it. */
function takeEnvironmentVariable(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}

const RUNNER_INPUT = 'ACTIONS_RUNNER_INPUT_';

/**
 * The options of the runner that came as `ACTIONS_RUNNER_INPUT_NAME`, by name in lower case, removed from the environment
 * as GitHub's runner does: no child inherits them (runner-protocol 1.2).
 */
export function takeRunnerInputs(): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(process.env)) {
    if (!name.toUpperCase().startsWith(RUNNER_INPUT)) continue;
    if (value.trim() !== '') inputs[name.slice(RUNNER_INPUT.length).toLowerCase()] = value.trim();
    delete process.env[name];
  }
  return inputs;
}

/** Sets what lines of `NAME=value` say: the `.env` file of a runner's folder (runner-protocol 11.9). */
export function addToEnvironment(lines: string): void {
  for (const line of lines.split(/\r?\n/)) {
    const at = line.indexOf('=');
    if (at > 0) process.env[line.slice(0, at)] = line.slice(at + 1);
  }
}

/** Who has become root by sudo. */
export const sudoUser = (): string | undefined => process.env.SUDO_USER || undefined;

/** What the environment says about the terminal. These names are other people's, so they are not in `SETTINGS`. */
export function terminalEnvironment(): { noColor: boolean; ci: boolean; dumb: boolean } {
  const { NO_COLOR, CI, TERM } = process.env;
  return { noColor: Boolean(NO_COLOR), ci: Boolean(CI) && CI !== 'false', dumb: TERM === 'dumb' };
}
