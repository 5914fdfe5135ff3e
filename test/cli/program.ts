import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { inheritedEnvironment } from '../../src/common/settings.ts';

const PROGRAM = resolve('bin/switchyard.mjs');

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** A started command line; everything it started is ended with the test. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out = '';
  err = '';
  readonly #waiting = new Set<() => void>();

  constructor(args: string[], options: { cwd: string; env?: Record<string, string> }) {
    const env = { ...inheritedEnvironment(), TMPDIR: options.cwd, ...options.env };
    this.child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: options.cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk) => this.#read('out', chunk));
    this.child.stderr?.on('data', (chunk) => this.#read('err', chunk));
    this.ended = new Promise((done) =>
      this.child.once('close', (code) => done({ code, out: this.out, err: this.err })),
    );
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** Resolves when the output so far matches; fails when the program ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.out);
      if (match) return match;
      const more = new Promise<void>((wake) => this.#waiting.add(wake));
      const ended = await Promise.race([more, this.ended]);
      if (ended && !pattern.test(this.out)) throw new Error(`never said ${pattern}: ${this.out}\n${this.err}`);
    }
  }

  #read(name: 'out' | 'err', chunk: unknown): void {
    this[name] += String(chunk);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

export const switchyard = (args: string[], options: { cwd: string; env?: Record<string, string> }): Promise<Ended> =>
  new Running(args, options).ended;

/** A folder with these files, removed after the test. */
export async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cli-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}
