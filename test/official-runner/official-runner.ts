import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { requirement } from '../support/require.ts';
import { waitFor } from '../support/wait.ts';

const LISTENER = join('bin', 'Runner.Listener');

/** The folder of an unpacked or built official runner: what holds `bin` and `externals`. */
export const officialRunner = requirement('official-runner', () => {
  const folder = process.env.SWITCHYARD_OFFICIAL_RUNNER;
  return folder && existsSync(join(folder, LISTENER)) ? resolve(folder) : undefined;
});

/** A process of GitHub's own runner, in a folder of its own: it writes beside its programs. */
export class OfficialRunner {
  readonly folder: string;
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess, folder: string) {
    this.folder = folder;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.#output += String(chunk)));
  }

  /** @param folder where it is laid out; must not exist */
  static async start(folder: string, jitConfig: string, env: Record<string, string> = {}): Promise<OfficialRunner> {
    await OfficialRunner.layOut(folder);
    return OfficialRunner.run(folder, { ...env, ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig });
  }

  /** Puts the runner's programs into the folder, which may hold a registration. */
  static async layOut(folder: string): Promise<void> {
    if (!officialRunner) throw new Error('there is no official runner on this machine');
    await mkdir(folder, { recursive: true });
    await cp(join(officialRunner, 'bin'), join(folder, 'bin'), { recursive: true });
    await symlink(join(officialRunner, 'externals'), join(folder, 'externals'));
    const beside = await readdir(officialRunner, { withFileTypes: true });
    for (const { name } of beside.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))) {
      await copyFile(join(officialRunner, name), join(folder, name));
    }
  }

  /** Runs the runner that the folder is configured for. */
  static run(folder: string, env: Record<string, string> = {}): OfficialRunner {
    return OfficialRunner.#spawn(folder, [LISTENER, 'run'], env);
  }

  /** Calls `config.sh` or `run.sh`, as a person does. */
  static script(folder: string, name: string, args: string[] = []): OfficialRunner {
    return OfficialRunner.#spawn(folder, [name, ...args], {});
  }

  /** What `config.sh` does after it has looked for libraries: `configure …` or `remove …`. */
  static async configure(folder: string, args: string[]): Promise<{ code: number | null; output: string }> {
    return OfficialRunner.#spawn(folder, [LISTENER, ...args], {}).ended();
  }

  static #spawn(folder: string, [program = '', ...args]: string[], env: Record<string, string>): OfficialRunner {
    const child = spawn(join(folder, program), args, {
      cwd: folder,
      env: { ...process.env, RUNNER_ALLOW_RUNASROOT: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that its worker and steps can be ended with it.
      detached: true,
    });
    return new OfficialRunner(child, folder);
  }

  get output(): string {
    return this.#output;
  }

  async listening(): Promise<void> {
    await waitFor('the runner to listen', () => this.#output.includes('Listening for Jobs'), 30_000);
  }

  /** @returns the exit code, or null when a signal ended it */
  async exited(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
    return this.#child.exitCode;
  }

  /** All that it printed, once it has ended. */
  async ended(): Promise<{ code: number | null; output: string }> {
    const code = await this.exited();
    return { code, output: this.#output };
  }

  /** As Ctrl-C does. */
  stop(): void {
    if (this.#child.pid) process.kill(-this.#child.pid, 'SIGINT');
  }

  /** Kills it with everything it started. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    process.kill(-pid, 'SIGKILL');
    await this.exited();
  }
}
