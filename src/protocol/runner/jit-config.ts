/** The string that `--jitconfig` takes, and the three files in it. Source: runner-protocol 2.1, 2.2. */
import { UserError } from '../../common/errors.ts';

/** `.runner`; every value is a string, as GitHub sends it. */
export interface RunnerSettings {
  AgentId: string;
  AgentName: string;
  PoolId: string;
  PoolName: string;
  /** Broker base URL, ending in `/`. */
  ServerUrlV2: string;
  UseV2Flow: 'true';
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
  Data: { clientId: string; authorizationUrl: string; requireFipsCryptography: 'True' | 'False' };
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

export interface JitConfig {
  runner: RunnerSettings;
  credentials: RunnerCredentials;
  key: RsaPrivateJwk;
}

const FILES = { runner: '.runner', credentials: '.credentials', key: '.credentials_rsaparams' } as const;

/** A JIT config is a few kB; anything much larger is not one. */
const MAX_LENGTH = 64 * 1024;

export function encodeJitConfig({ runner, credentials, key }: JitConfig): string {
  const file = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64');
  const envelope = {
    [FILES.runner]: file(runner),
    [FILES.credentials]: file(credentials),
    [FILES.key]: file(toRsaParameters(key)),
  };
  return Buffer.from(JSON.stringify(envelope)).toString('base64');
}

/**
 * Accepts exactly the three known files: others could name any path on the runner's disk (runner-protocol 2.1).
 * @throws UserError `bad-jit-config`, saying what is wrong with it
 */
export function decodeJitConfig(text: string): JitConfig {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH) throw badJitConfig(`it is ${trimmed.length} characters long`);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed)) throw badJitConfig('it is not base64');
  const envelope = parseObject(trimmed, 'the envelope');
  const unknown = Object.keys(envelope).filter((name) => !Object.values<string>(FILES).includes(name));
  if (unknown.length > 0) throw badJitConfig(`it holds unexpected files: ${unknown.join(', ')}`);

  const runner = parseFile(envelope, FILES.runner);
  const credentials = parseFile(envelope, FILES.credentials);
  const data = lowerCaseKeys(asObject(credentials.data ?? credentials.Data, FILES.credentials));
  const settings = lowerCaseKeys(runner);
  const textOf = (source: Record<string, unknown>, key: string, fallback?: string): string => {
    const value = source[key.toLowerCase()] ?? fallback;
    if (value === undefined || value === null) throw badJitConfig(`it lacks ${key}`);
    return String(value);
  };
  return {
    runner: {
      AgentId: textOf(settings, 'AgentId'),
      AgentName: textOf(settings, 'AgentName'),
      PoolId: textOf(settings, 'PoolId', '1'),
      PoolName: textOf(settings, 'PoolName', 'Default'),
      ServerUrlV2: checkedUrl(textOf(settings, 'ServerUrlV2')),
      UseV2Flow: 'true',
      GitHubUrl: textOf(settings, 'GitHubUrl', ''),
      WorkFolder: textOf(settings, 'WorkFolder', '_work'),
      Ephemeral: textOf(settings, 'Ephemeral', 'false').toLowerCase() === 'true' ? 'true' : 'false',
      DisableUpdate: 'true',
      IsHostedServer: 'false',
      Nonce: textOf(settings, 'Nonce', ''),
    },
    credentials: {
      Scheme: 'OAuth',
      Data: {
        clientId: textOf(data, 'clientId'),
        authorizationUrl: checkedUrl(textOf(data, 'authorizationUrl')),
        requireFipsCryptography:
          textOf(data, 'requireFipsCryptography', 'False').toLowerCase() === 'true' ? 'True' : 'False',
      },
    },
    key: fromRsaParameters(parseFile(envelope, FILES.key)),
  };
}

/** Bytes of an RSA number: .NET's import is strict about length, so short JWK numbers are padded on the left. */
function toRsaParameters(key: RsaPrivateJwk): Record<string, string> {
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

function fromRsaParameters(parameters: Record<string, unknown>): RsaPrivateJwk {
  const number = (name: string): string => {
    const value = parameters[name];
    if (typeof value !== 'string' || value === '') throw badJitConfig(`${FILES.key} lacks ${name}`);
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

function parseFile(envelope: Record<string, unknown>, name: string): Record<string, unknown> {
  const content = envelope[name];
  if (typeof content !== 'string') throw badJitConfig(`it lacks ${name}`);
  return parseObject(content, name);
}

function parseObject(base64: string, what: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')), what);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw badJitConfig(`${what} is not JSON`);
  }
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badJitConfig(`${what} is not an object`);
}

const lowerCaseKeys = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key.toLowerCase(), value]));

function checkedUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw badJitConfig(`"${text}" is not an http or https URL`);
}

function badJitConfig(problem: string): UserError {
  return new UserError('bad-jit-config', `The JIT config cannot be used: ${problem}.`, {
    hint: 'Ask the server for a new one (POST …/actions/runners/generate-jitconfig) and pass it unchanged.',
  });
}
