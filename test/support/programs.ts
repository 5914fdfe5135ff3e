import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package.ts';
import { waitFor } from './wait.ts';

/** A command of the built CLI as a process of its own, as users start it. */
export class Program {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.#output += String(chunk)));
  }

  static start(args: string[], options: { cwd: string; env?: Record<string, string> }): Program {
    const child = spawn(process.execPath, [join(packageRoot, 'bin', 'switchyard.mjs'), ...args], {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Program(child);
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the program did not start');
    return this.#child.pid;
  }

  /** Waits until the program has printed this. */
  async printed(text: string | RegExp, timeoutMs = 20_000): Promise<void> {
    const has = (): boolean => (typeof text === 'string' ? this.#output.includes(text) : text.test(this.#output));
    await waitFor(
      `"${text}" in:\n${this.#output}`,
      () => {
        if (this.#child.exitCode !== null && !has()) throw new Error(`the program ended:\n${this.#output}`);
        return has();
      },
      timeoutMs,
    );
  }

  /** @returns the exit code, or null when a signal ended it */
  async exited(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.exited();
  }
}

export interface ProcessInfo {
  pid: number;
  parent: number;
  commandLine: string;
}

/** Every process of this machine that runs now. */
export async function processes(): Promise<ProcessInfo[]> {
  const found: ProcessInfo[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const [commandLine, stat] = await Promise.all([
        readFile(`/proc/${entry}/cmdline`, 'utf8'),
        readFile(`/proc/${entry}/stat`, 'utf8'),
      ]);
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z')
        found.push({ pid: Number(entry), parent: Number(parent), commandLine: commandLine.replaceAll('\0', ' ') });
    } catch {
      // Ended between the listing and the look.
    }
  }
  return found;
}
