import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { git, writeFiles } from './git.ts';
import type { TestServer } from './server.ts';

/** A checkout whose commits have a history, unlike those of `TestServer.push`. */
export class WorkingCopy {
  readonly #server: TestServer;
  readonly #folder: string;
  readonly repository: string;

  private constructor(server: TestServer, folder: string, repository: string) {
    this.#server = server;
    this.#folder = folder;
    this.repository = repository;
  }

  /** On the branch `main`, with no commit. */
  static async create(server: TestServer, repository = 'me/app'): Promise<WorkingCopy> {
    const folder = await mkdtemp(join(server.folder, 'copy-'));
    await git(folder, 'init', '-q', '-b', 'main');
    return new WorkingCopy(server, folder, repository);
  }

  /** @returns what git printed, trimmed */
  async git(...args: string[]): Promise<string> {
    return (await git(this.#folder, ...args)).trim();
  }

  /** Changes these files and commits everything. @returns the commit */
  async commit(files: Record<string, string>, message = 'A change'): Promise<string> {
    await writeFiles(this.#folder, files);
    await this.git('add', '-A');
    await this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Starts a branch at `from` and checks it out. */
  async branch(name: string, from = 'HEAD'): Promise<void> {
    await this.git('checkout', '-q', '-B', name, from);
  }

  /** @returns what the server said */
  push(...args: string[]): Promise<string> {
    const { host } = new URL(this.#server.url);
    return this.git('push', `http://x:${this.#server.token}@${host}/${this.repository}.git`, ...args);
  }
}
