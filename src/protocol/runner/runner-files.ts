/**
 * The three files of a runner's registration, as they lie in its folder and in a JIT config. GitHub's own runner reads and
 * writes the same. Source: runner-protocol 1.4, 2.2.
 */
import type { UserError } from '../../common/errors.ts';

export const RUNNER_FILES = { runner: '.runner', credentials: '.credentials', key: '.credentials_rsaparams' } as const;

/** The names of the three, and what a text is called that is missing or wrong. */
export type RunnerFile = keyof typeof RUNNER_FILES;

/** `.runner`; every value is a text, as GitHub sends it in JIT configs. */
export interface RunnerSettings {
  AgentId: string;
  AgentName: string;
  PoolId: string;
  PoolName: string;
  /** Broker base URL, ending in `/`. */
  ServerUrlV2: string;
  UseV2Flow: 'true';
  /** Registered by REST, and to be removed by it (runner-protocol 1.3). */
  UseRunnerAdminFlow?: 'true' | 'false';
  GitHubUrl: string;
  WorkFolder: string;
  Ephemeral: 'true' | 'false';
  DisableUpdate: 'true';
  IsHostedServer: 'false';
  /** Makes the text unique: the official runner derives its container label from it (runner-protocol 11.6). */
  Nonce: string;
}

/** `.credentials` */
export interface RunnerCredentials {
  Scheme: 'OAuth';
  Data: {
    clientId: string;
    authorizationUrl: string;
    requireFipsCryptography: 'True' | 'False';
    /** Where to ask for tokens, if not at the authorization URL; that stays the audience. */
    oauthEndpointUrl?: string;
    /** GitHub moves its runners from one token service to another: to be tried first (runner-protocol 1.3). */
    authorizationUrlV2?: string;
  };
}

/** An RSA private key as JWK: all eight numbers, base64url. */
export interface RsaPrivateJwk {
  n: string;
  e: string;
  d: string;
  p: string;
  q: string;
  dp: string;
  dq: string;
  qi: string;
}

/** What a runner knows of itself, whichever way it got it. */
export interface RunnerConfig {
  runner: RunnerSettings;
  credentials: RunnerCredentials;
  key: RsaPrivateJwk;
}

/** Makes the error for a problem; the caller knows where the files came from. */
export type BadFiles = (problem: string) => UserError;

/**
 * Reads the texts of the three files. Names of fields count without case, and numbers and booleans may be texts.
 * @throws what `bad` makes
 */
export function readRunnerFiles(texts: Record<RunnerFile, string>, bad: BadFiles): RunnerConfig {
  const settings = lowerCaseKeys(parseObject(texts.runner, RUNNER_FILES.runner, bad));
  const credentials = lowerCaseKeys(parseObject(texts.credentials, RUNNER_FILES.credentials, bad));
  const data = lowerCaseKeys(asObject(credentials.data, RUNNER_FILES.credentials, bad));
  return {
    runner: readSettings(settings, bad),
    credentials: { Scheme: 'OAuth', Data: readCredentials(data, bad) },
    key: fromRsaParameters(parseObject(texts.key, RUNNER_FILES.key, bad), bad),
  };
}

function readSettings(settings: Record<string, unknown>, bad: BadFiles): RunnerSettings {
  if (settings.serverurlv2 === undefined && settings.serverurl !== undefined) {
    throw bad('it is for the older runner protocol (V1), which Switchyard does not speak');
  }
  const textOf = reader(settings, bad);
  return {
    AgentId: textOf('AgentId'),
    AgentName: textOf('AgentName'),
    PoolId: textOf('PoolId', '1'),
    PoolName: textOf('PoolName', 'Default'),
    ServerUrlV2: checkedUrl(textOf('ServerUrlV2'), bad),
    UseV2Flow: 'true',
    UseRunnerAdminFlow: isTrue(textOf('UseRunnerAdminFlow', 'false')) ? 'true' : 'false',
    GitHubUrl: textOf('GitHubUrl', ''),
    WorkFolder: textOf('WorkFolder', '_work'),
    Ephemeral: isTrue(textOf('Ephemeral', 'false')) ? 'true' : 'false',
    DisableUpdate: 'true',
    IsHostedServer: 'false',
    Nonce: textOf('Nonce', ''),
  };
}

function readCredentials(data: Record<string, unknown>, bad: BadFiles): RunnerCredentials['Data'] {
  const textOf = reader(data, bad);
  const endpoint = textOf('oauthEndpointUrl', '');
  const next = isTrue(textOf('enableAuthMigrationByDefault', 'false')) ? textOf('authorizationUrlV2', '') : '';
  return {
    clientId: textOf('clientId'),
    authorizationUrl: checkedUrl(textOf('authorizationUrl'), bad),
    requireFipsCryptography: isTrue(textOf('requireFipsCryptography', 'False')) ? 'True' : 'False',
    ...(endpoint === '' ? {} : { oauthEndpointUrl: checkedUrl(endpoint, bad) }),
    ...(next === '' ? {} : { authorizationUrlV2: checkedUrl(next, bad) }),
  };
}

/** `.credentials_rsaparams`. .NET's import is strict about lengths, so short JWK numbers are padded on the left. */
export function rsaParameters(key: RsaPrivateJwk): Record<string, string> {
  const modulusBytes = Buffer.from(key.n, 'base64url').length;
  const half = modulusBytes / 2;
  const number = (text: string, bytes: number): string => {
    const raw = Buffer.from(text, 'base64url');
    return Buffer.concat([Buffer.alloc(Math.max(0, bytes - raw.length)), raw]).toString('base64');
  };
  return {
    d: number(key.d, modulusBytes),
    dp: number(key.dp, half),
    dq: number(key.dq, half),
    exponent: number(key.e, 3),
    inverseQ: number(key.qi, half),
    modulus: number(key.n, modulusBytes),
    p: number(key.p, half),
    q: number(key.q, half),
  };
}

function fromRsaParameters(parameters: Record<string, unknown>, bad: BadFiles): RsaPrivateJwk {
  const number = (name: string): string => {
    const value = parameters[name];
    if (typeof value !== 'string' || value === '') throw bad(`${RUNNER_FILES.key} lacks ${name}`);
    const raw = Buffer.from(value, 'base64');
    const firstNonZero = raw.findIndex((byte) => byte !== 0);
    return raw.subarray(Math.max(0, firstNonZero)).toString('base64url');
  };
  return {
    n: number('modulus'),
    e: number('exponent'),
    d: number('d'),
    p: number('p'),
    q: number('q'),
    dp: number('dp'),
    dq: number('dq'),
    qi: number('inverseQ'),
  };
}

/** Public half of a key in .NET's XML, base64 big-endian numbers (runner-protocol 1.3). */
export function publicKeyXml({ n, e }: Pick<RsaPrivateJwk, 'n' | 'e'>): string {
  const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  return `<RSAKeyValue><Modulus>${base64(n)}</Modulus><Exponent>${base64(e)}</Exponent></RSAKeyValue>`;
}

function reader(source: Record<string, unknown>, bad: BadFiles): (key: string, fallback?: string) => string {
  return (key, fallback) => {
    const value = source[key.toLowerCase()] ?? fallback;
    if (value === undefined || value === null) throw bad(`it lacks ${key}`);
    return String(value);
  };
}

const isTrue = (text: string): boolean => text.toLowerCase() === 'true';

function parseObject(text: string, what: string, bad: BadFiles): Record<string, unknown> {
  let value: unknown;
  try {
    // GitHub's own runner writes a byte order mark.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw bad(`${what} is not JSON`);
  }
  return asObject(value, what, bad);
}

function asObject(value: unknown, what: string, bad: BadFiles): Record<string, unknown> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw bad(`${what} is not an object`);
}

const lowerCaseKeys = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key.toLowerCase(), value]));

function checkedUrl(text: string, bad: BadFiles): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw bad(`"${text}" is not an http or https URL`);
}
