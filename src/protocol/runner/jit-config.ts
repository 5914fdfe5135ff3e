/** The string that `--jitconfig` takes: the three files of a registration in one text. Source: runner-protocol 2.1. */
import { UserError } from '../../common/errors.ts';
import { RUNNER_FILES, type RunnerConfig, readRunnerFiles, rsaParameters } from './runner-files.ts';

export type { RsaPrivateJwk, RunnerCredentials, RunnerSettings } from './runner-files.ts';
export type JitConfig = RunnerConfig;

/** A JIT config is a few kB; anything much larger is not one. */
const MAX_LENGTH = 64 * 1024;

export function encodeJitConfig({ runner, credentials, key }: JitConfig): string {
  const file = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64');
  const envelope = {
    [RUNNER_FILES.runner]: file(runner),
    [RUNNER_FILES.credentials]: file(credentials),
    [RUNNER_FILES.key]: file(rsaParameters(key)),
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
  const envelope = parseEnvelope(trimmed);
  const unknown = Object.keys(envelope).filter((name) => !Object.values<string>(RUNNER_FILES).includes(name));
  if (unknown.length > 0) throw badJitConfig(`it holds unexpected files: ${unknown.join(', ')}`);
  const textOf = (name: string): string => {
    const content = envelope[name];
    if (typeof content !== 'string') throw badJitConfig(`it lacks ${name}`);
    return Buffer.from(content, 'base64').toString('utf8');
  };
  const { runner, credentials, key } = RUNNER_FILES;
  return readRunnerFiles({ runner: textOf(runner), credentials: textOf(credentials), key: textOf(key) }, badJitConfig);
}

function parseEnvelope(base64: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    throw badJitConfig('the envelope is not JSON');
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badJitConfig('the envelope is not an object');
}

function badJitConfig(problem: string): UserError {
  return new UserError('bad-jit-config', `The JIT config cannot be used: ${problem}.`, {
    hint: 'Ask the server for a new one (POST …/actions/runners/generate-jitconfig) and pass it unchanged.',
  });
}
