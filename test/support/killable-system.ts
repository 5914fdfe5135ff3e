import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { hasErrorCode } from '../../src/common/errors.ts';
import type { RunList } from '../../src/protocol/dashboard/index.ts';
import { git, writeFiles } from './git.ts';
import { type ProcessInfo, Program, processes } from './programs.ts';
import { call } from './simulated-runner.ts';

/** A stopped fleet is one that a service manager starts anew: SIGTERM, and again. */
export type Part = 'server' | 'fleet' | 'stopped fleet' | 'listener' | 'worker';

/** Server and fleet as processes of their own, so that each can be killed like a machine's failing parts. */
export class KillableSystem {
  readonly folder: string;
  readonly port: number;
  readonly #fleetPort: number;
  readonly #leaseSeconds: number;
  #server: Program | undefined;
  #fleet: Program | undefined;

  private constructor(folder: string, port: number, fleetPort: number, leaseSeconds: number) {
    this.folder = folder;
    this.port = port;
    this.#fleetPort = fleetPort;
    this.#leaseSeconds = leaseSeconds;
  }

  /**
   * With the repository `me/app`.
   * @param runners YAML for the fleet
   * @param workflow of the repository, as `.github/workflows/NAME.yml`
   * @param leaseSeconds after which a runner that says nothing is given up: short where runners are killed, long enough
   * for a busy machine where they are not
   */
  static async start(
    runners: string,
    workflow: { name: string; text: string },
    leaseSeconds: number,
  ): Promise<KillableSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'switchyard-chaos-'));
    const system = new KillableSystem(folder, await freePort(), await freePort(), leaseSeconds);
    // What has begun is ended also when the rest cannot begin.
    await system.#begin(runners, workflow).catch(async (error: unknown) => {
      await system.stop();
      throw error;
    });
    return system;
  }

  async #begin(runners: string, workflow: { name: string; text: string }): Promise<void> {
    const { folder } = this;
    await this.#startServer();
    await this.#startFleet();
    const path = `app/.github/workflows/${workflow.name}.yml`;
    await writeFiles(folder, { 'runners.yaml': runners, [path]: workflow.text });
    const env = { SWITCHYARD_DATA: this.#data };
    const apply = Program.start(['apply', '-f', 'runners.yaml'], { cwd: folder, env });
    expect(await apply.exited(), apply.output).toBe(0);
    await this.#push(join(folder, 'app'));
  }

  /** Ends both in order, the fleet as by Ctrl-C; nothing of theirs may run then. */
  async stop(): Promise<void> {
    await this.#fleet?.kill('SIGINT');
    await this.#server?.kill('SIGTERM');
    expect(await this.runnerProcesses()).toEqual([]);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** @returns the id of the run */
  async dispatch(workflow: string, inputs: Record<string, string> = {}): Promise<number> {
    const before = await this.#newestRun();
    const path = `/api/v3/repos/me/app/actions/workflows/${workflow}.yml/dispatches`;
    await this.rest('POST', path, { ref: 'main', inputs });
    const newest = await this.#newestRun();
    if (newest === before) throw new Error('the dispatch started no run');
    return newest;
  }

  async rest<T>(method: string, path: string, json?: unknown): Promise<T> {
    const { status, body } = await call<T>(method, `${this.#url}${path}`, { token: await this.#token(), json });
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Server and fleet are started again. */
  async kill(part: Part): Promise<void> {
    if (part === 'server') {
      await this.#server?.kill('SIGKILL');
      return this.#startServer();
    }
    if (part === 'fleet' || part === 'stopped fleet') {
      await this.#fleet?.kill(part === 'fleet' ? 'SIGKILL' : 'SIGTERM');
      return this.#startFleet();
    }
    const worker = (await this.runnerProcesses()).find(({ commandLine }) => commandLine.includes('worker.cjs'));
    const pid = part === 'worker' ? worker?.pid : worker?.parent;
    if (pid !== undefined) killUnlessGone(pid);
  }

  /** Processes of the fleet's runners, also of one that was killed. */
  async runnerProcesses(): Promise<ProcessInfo[]> {
    const all = await processes();
    return all.filter(({ commandLine, parent }) => {
      if (!/(runner|worker)\.cjs/.test(commandLine)) return false;
      const listener = all.find(({ pid }) => pid === parent)?.commandLine ?? '';
      return `${commandLine} ${listener}`.includes(this.folder);
    });
  }

  async #startServer(): Promise<void> {
    const env = { SWITCHYARD_JOB_LEASE_SECONDS: String(this.#leaseSeconds), SWITCHYARD_ACQUIRE_SECONDS: '3' };
    const args = ['server', '--port', String(this.port), '--data', this.#data];
    this.#server = Program.start(args, { cwd: this.folder, env });
    await this.#server.printed('serves at');
  }

  async #startFleet(): Promise<void> {
    const env = { SWITCHYARD_TOKEN: await this.#token() };
    const args = ['fleet', '--port', String(this.#fleetPort), '--data', this.#data, '--github', this.#url];
    this.#fleet = Program.start(args, { cwd: this.folder, env });
    await this.#fleet.printed('serves at');
  }

  async #push(app: string): Promise<void> {
    await git(app, 'init', '-q', '-b', 'main');
    await git(app, 'add', '-A');
    await git(app, 'commit', '-q', '-m', 'A workflow');
    await git(app, 'push', '-q', `http://x:${await this.#token()}@127.0.0.1:${this.port}/me/app.git`, 'main');
  }

  async #newestRun(): Promise<number> {
    return (await this.rest<RunList>('GET', '/switchyard/v1/runs?limit=1')).runs[0]?.id ?? 0;
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  get #url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async #token(): Promise<string> {
    return (await readFile(join(this.#data, 'admin-token'), 'utf8')).trim();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The process may have ended by itself since it was looked for. */
function killUnlessGone(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasErrorCode(error, 'ESRCH')) throw error;
  }
}
