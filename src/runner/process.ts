/** The only place of the runner that starts processes. */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ControlGroup } from '../common/control-groups/index.ts';
import { UserError } from '../common/errors.ts';
import { sendSignal } from '../common/send-signal.ts';
import { runnerEnvironment } from '../common/settings.ts';
import type { SignalGrace, ToWorker } from './job-channel.ts';
import type { JobGroups } from './job-groups.ts';
import { type CutLine, LineSplitter } from './line-splitter.ts';

/** Output of a child that outlives its shell is awaited this long at most, and no longer than it is silent (SEM-16.11). */
const DRAIN_MS = 5_000;
const DRAIN_SILENCE_MS = 500;

export interface ProcessOptions {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Complete lines of both streams, in the order of arrival (SEM-16.7). */
  onLines(lines: string[]): void;
  /** Takes the lines of standard error in its place. */
  onErrorLines?(lines: string[]): void;
  /** What its standard input gives; without it there is none. */
  input?: string;
  cutLine?: CutLine;
  /** Windows' cmd.exe takes its command line as it is. */
  verbatimArguments?: boolean;
}

export interface ProcessExit {
  /** As a shell shows it: 128 + signal number after a signal. */
  code: number;
  signal: NodeJS.Signals | null;
  /** What killed it, in words, where that could be found out. */
  reason?: string;
}

export interface RunningProcess {
  readonly pid: number;
  /** Resolves when the process has ended and its output was read; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** SIGINT, then SIGTERM, then SIGKILL for the whole group (SEM-28.2). May be called again: the first call counts. */
  cancel(grace: SignalGrace): void;
  /** Kills the whole process group at once. */
  kill(): void;
}

const running = new Set<RunningProcess>();

/** Kills every process group that this program started. For the end of a worker that nobody watches any more. */
export function killAllProcesses(): void {
  for (const child of running) child.kill();
}

/**
 * Starts a process as leader of its own group.
 * @throws UserError `process-not-started` when the command or the folder does not exist
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
    windowsVerbatimArguments: options.verbatimArguments ?? false,
  });
  // A child that could be started has its pid at once: the common path awaits no event.
  if (child.pid === undefined) {
    const error = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw new UserError('process-not-started', `${options.command} cannot be started: ${error.message}.`);
  }
  child.on('error', () => undefined);
  // It may end without reading.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  return watch(child, child.pid, options);
}

function watch(child: ChildProcess, pid: number, options: ProcessOptions): RunningProcess {
  let isOver = false;
  const timers: NodeJS.Timeout[] = [];
  const cancelled = { is: false };
  const exited = ended(child, options).then(({ code, signal }) => {
    isOver = true;
    for (const timer of timers) clearTimeout(timer);
    // What a cancelled step leaves behind in its group would run on unobserved.
    if (cancelled.is) killGroup(pid);
    running.delete(handle);
    return { code, signal };
  });
  const handle: RunningProcess = {
    pid,
    exited,
    kill: () => killGroup(pid),
    cancel({ sigintMs, sigtermMs }) {
      if (cancelled.is || isOver) return;
      cancelled.is = true;
      child.kill('SIGINT');
      timers.push(setTimeout(() => child.kill('SIGTERM'), sigintMs));
      timers.push(setTimeout(() => killGroup(pid), sigintMs + sigtermMs));
      child.once('exit', () => killGroup(pid));
    },
  };
  running.add(handle);
  return handle;
}

/** Resolves when the process has ended and its output is drained. */
function ended(child: ChildProcess, { onLines, onErrorLines, cutLine }: ProcessOptions): Promise<ProcessExit> {
  const exit = { code: 0, signal: null as NodeJS.Signals | null };
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const takers = new Map([[child.stderr, onErrorLines]]);
  const outputs = streams.map((stream) => readLines(stream, takers.get(stream) ?? onLines, cutLine));
  child.once('exit', (code, signal) => {
    exit.code = code ?? 128 + (signal ? signalNumber(signal) : 0);
    exit.signal = signal;
  });
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(longest);
      clearTimeout(silence);
      for (const output of outputs) output.stop();
      resolve(exit);
    };
    let longest: NodeJS.Timeout | undefined;
    let silence: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      longest = setTimeout(finish, DRAIN_MS);
      silence = setTimeout(finish, DRAIN_SILENCE_MS);
      for (const stream of streams) stream.on('data', () => silence?.refresh());
    });
    child.once('close', finish);
  });
}

/** After `stop()` the stream is still read, and dropped: a child left running must not die of a broken pipe. */
function readLines(stream: Readable, onLines: (lines: string[]) => void, cutLine?: CutLine): { stop(): void } {
  const splitter = new LineSplitter(cutLine);
  const deliver = (lines: string[]): void => {
    if (lines.length > 0) onLines(lines);
  };
  let isStopped = false;
  stream.on('data', (chunk: Buffer) => {
    if (!isStopped) deliver(splitter.push(chunk));
  });
  stream.on('error', () => undefined);
  return {
    stop() {
      if (isStopped) return;
      isStopped = true;
      deliver(splitter.end());
    },
  };
}

function killGroup(pid: number): void {
  sendSignal(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
const signalNumber = (signal: NodeJS.Signals): number => SIGNAL_NUMBERS[signal] ?? 0;

/** The last part of a worker's own output: what a crash left behind. */
const MAX_TAIL = 8 * 1024;

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves when the worker has ended; never rejects. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>;
  /** It and all that it starts; known once it is in it. */
  readonly group: Promise<ControlGroup | undefined>;
  /** Resolves when it has ended and nothing of its group is left, with the pids of what could not be killed. */
  readonly cleaned: Promise<number[]>;
  send(message: ToWorker): void;
  kill(): void;
}

/** Forks the worker program, in its own process group: a terminal's Ctrl-C must reach the listener only. */
export function forkWorker(program: string, groups?: JobGroups): WorkerProcess {
  const child = fork(program, [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    serialization: 'json',
    env: runnerEnvironment(),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-MAX_TAIL);
    });
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      if (child.pid === undefined) resolve({ code: null, signal: null, output });
    });
    child.once('exit', (code, signal) => setImmediate(() => resolve({ code, signal, output })));
  });
  const group = Promise.resolve(child.pid === undefined ? undefined : groups?.place(child.pid));
  return {
    pid: child.pid,
    exited,
    group,
    cleaned: exited.then(async () => (await (await group)?.close()) ?? []),
    send(message) {
      // A worker that has just died is reported by `exited`.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Runs a program of the system to its end, at the terminal of ours. @returns its exit code; 127 when there is none */
export function runForeground(program: string, args: string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
