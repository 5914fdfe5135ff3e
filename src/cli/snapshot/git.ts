import { spawn } from 'node:child_process';
import { hasErrorCode, UserError } from '../../common/errors.ts';
import { inheritedEnvironment } from '../../common/settings.ts';

export interface GitOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Written to its standard input. */
  input?: string;
  /** Aborting ends the program. */
  signal?: AbortSignal;
}

/** How a git program ended, when it did not end well. */
export class GitFailure extends UserError {
  readonly stderr: string;

  constructor(command: string, stderr: string) {
    super('git-failed', `git ${command} failed: ${lastSentence(stderr)}`, { hint: stderr.trim() || undefined });
    this.stderr = stderr;
  }
}

/**
 * Runs git and resolves to what it printed.
 * @throws GitFailure, or UserError when there is no git
 */
export function git(args: string[], { cwd, env, input, signal }: GitOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd, env: { ...gitEnvironment(), ...env }, signal, stdio: 'pipe' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    child.on('error', (error) => reject(hasErrorCode(error, 'ENOENT') ? noGit(error) : error));
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(stdout).toString('utf8'));
      else reject(new GitFailure(args[0] ?? '', Buffer.concat(stderr).toString('utf8')));
    });
  });
}

/** @throws UserError when there is no git */
export async function checkGit(): Promise<void> {
  await git(['--version'], { cwd: '/' });
}

function noGit(cause: unknown): UserError {
  return new UserError('no-git', 'Switchyard needs git, and it is not on the PATH.', {
    hint: 'Install it (https://git-scm.com/downloads), for example: apt-get install git',
    cause,
  });
}

/**
 * What git programs inherit. Inside a hook git sets variables that name *its* repository: they must not lead ours
 * there. Messages are read by us, so they stay English; nothing may ask for a password.
 */
function gitEnvironment(): Record<string, string> {
  const kept = Object.entries(inheritedEnvironment()).filter(
    ([name]) => !name.startsWith('GIT_') || /^GIT_(EXEC_PATH|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM))$/.test(name),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
}

/** Configuration for one call through the environment: unlike `-c`, it shows in no list of processes. */
export function gitConfig(settings: Record<string, string>): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(Object.keys(settings).length) };
  for (const [index, [key, value]] of Object.entries(settings).entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

function lastSentence(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const blamed = lines.find((line) => /^(fatal|error|remote: error):/.test(line)) ?? lines.at(-1) ?? '';
  return blamed.replace(/^(fatal|error|remote: error): */, '') || 'it said nothing';
}
