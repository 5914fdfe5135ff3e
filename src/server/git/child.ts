import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { OutsideError } from '../../common/errors.ts';
import { sendSignal } from '../../common/send-signal.ts';
import { inheritedEnvironment } from '../../common/settings.ts';

/** The only place of the server that starts git. Never through a shell; the machine's own git settings do not count. */

export interface GitOptions {
  /** Repository that git works in. */
  folder?: string;
  env?: Record<string, string>;
  /** Settings for this call, by key. */
  config?: Record<string, string>;
}

export interface RunGitOptions extends GitOptions {
  input?: string | Buffer;
  timeoutMs?: number;
  /** More output than this is an error. */
  maxBytes?: number;
  /** Exit codes that are answers and not failures. */
  okCodes?: number[];
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const STDERR_BYTES = 4096;

/** For what must not be lost: objects and refs are on disk when git ends, and every move of a ref is in its log. */
export const DURABLE_WRITES = {
  'core.logAllRefUpdates': 'always',
  'core.fsync': 'committed,reference',
  'core.fsyncMethod': 'batch',
};

/** Holds for every call: the data folder is ours, whoever owns its files (a mounted volume). */
const COMMON_CONFIG = { 'safe.directory': '*' };

/** Starts git in a process group of its own, so that `killGit` reaches the programs that git starts in turn. */
export function spawnGit(args: string[], options: GitOptions): ChildProcessWithoutNullStreams {
  return spawn('git', args, {
    cwd: options.folder,
    env: { ...cleanEnvironment(), ...configEnvironment({ ...COMMON_CONFIG, ...options.config }), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
}

export function killGit(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  sendSignal(-child.pid, 'SIGTERM');
}

/**
 * Runs git to its end.
 * @throws OutsideError for a failure, a time-out (the only one that is `retryable`) or too much output
 */
export async function runGit(args: string[], options: RunGitOptions = {}): Promise<{ code: number; stdout: Buffer }> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxBytes = DEFAULT_MAX_BYTES, okCodes = [0] } = options;
  const child = spawnGit(args, options);
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  let problem = '';
  let isTimeOut = false;
  let stderr = '';
  const stop = (why: string): void => {
    problem ||= why;
    killGit(child);
  };
  const timer = setTimeout(() => {
    isTimeOut = problem === '';
    stop(`took longer than ${timeoutMs} ms`);
  }, timeoutMs);
  child.stdout.on('data', (piece: Buffer) => {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes) stop(`gave more than ${maxBytes} bytes`);
    else pieces.push(piece);
  });
  child.stderr.on('data', (piece: Buffer) => {
    if (stderr.length < STDERR_BYTES) stderr += piece.toString('utf8');
  });
  // It may end without reading all of its input: its exit code says what happened.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const code = await ended(child).finally(() => clearTimeout(timer));
  if (!problem && okCodes.includes(code)) return { code, stdout: Buffer.concat(pieces) };
  const reason = problem || `ended with ${code}: ${stderr.trim()}`;
  throw new OutsideError(`git ${args[0]} ${reason}`, { retryable: isTimeOut });
}

/** Exit code once all output has been read; 128 + 15 and the like are given as -1. */
export function ended(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new OutsideError(`git cannot be started: ${error.message}.`, { retryable: false, cause: error })),
    );
    child.once('close', (code) => resolve(code ?? -1));
  });
}

function cleanEnvironment(): Record<string, string> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', TMPDIR = '/tmp' } = inheritedEnvironment();
  return {
    PATH,
    TMPDIR,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

function configEnvironment(config: Record<string, string>): Record<string, string> {
  const entries = Object.entries(config);
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(entries.length) };
  for (const [index, [key, value]] of entries.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}
