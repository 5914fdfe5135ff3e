import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package.ts';

export interface RunnerProcess {
  child: ChildProcess;
  root: string;
  /** What it printed so far. */
  output(): string;
  /** Exit code, or the signal's name. */
  exited: Promise<number | string>;
  /** Kills it if it still runs and removes its folder. */
  close(): Promise<void>;
}

/** Signals follow each other soon, and nothing is fetched. */
const QUICK = {
  SWITCHYARD_SIGINT_GRACE_MS: '300',
  SWITCHYARD_SIGTERM_GRACE_MS: '300',
  SWITCHYARD_FETCH_NODE: 'false',
};

export interface RunnerStart {
  env?: Record<string, string>;
  /** Leaves its standard input open, to end the runner by closing it. */
  endWithStdin?: boolean;
  /** Files in its folder, by name. */
  files?: Record<string, string>;
}

/** Starts the built runner as a person would, with the JIT config on standard input and short signal graces. */
export function startRunner(
  jitConfig: string,
  { env = {}, endWithStdin = false, files = {} }: RunnerStart = {},
): RunnerProcess {
  const root = mkdtempSync(join(tmpdir(), 'switchyard-runner-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const lifeline = endWithStdin ? ['--end-with-stdin'] : [];
  const runner = startProgram(['--jitconfig', '-', '--root', root, ...lifeline], root, env);
  runner.child.stdin?.write(`${jitConfig}\n`);
  if (!endWithStdin) runner.child.stdin?.end();
  return runner;
}

/** Starts the runner that a folder is configured for. */
export function startConfiguredRunner(
  root: string,
  args: string[] = [],
  env: Record<string, string> = {},
): RunnerProcess {
  return startProgram(['run', '--root', root, ...args], root, env);
}

function startProgram(args: string[], root: string, env: Record<string, string>): RunnerProcess {
  const program = join(packageRoot, 'bin/switchyard.mjs');
  const child = spawn(process.execPath, [program, 'runner', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...QUICK, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const exited = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  return {
    child,
    root,
    output: () => output,
    exited,
    async close() {
      child.kill('SIGKILL');
      await exited;
      rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Pids of live processes whose command line holds the text. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

export async function poll(what: string, condition: () => boolean, withinMs = 15_000): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`did not happen within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Pids of the processes that a listener has started: the worker kept ready, or the one with the job. */
export function childrenOf(listener: ChildProcess): number[] {
  return readFileSync(`/proc/${listener.pid}/task/${listener.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** Worker of a listener. */
export function workerOf(listener: ChildProcess): number {
  const [pid] = childrenOf(listener);
  if (!pid) throw new Error('the listener has no worker');
  return pid;
}
