import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunDetail, RunList } from '../src/protocol/dashboard/index.ts';
import { git, writeFiles } from '../test/support/git.ts';
import { Program } from '../test/support/programs.ts';
import { call } from '../test/support/simulated-runner.ts';
import { waitFor } from '../test/support/wait.ts';

/** Rarely: looking costs the server what the jobs need. */
const LOOK_EVERY_MS = 250;

/** An installation like a user's: server and fleet in a process of their own, runners in theirs. */
export class Installation {
  readonly folder: string;
  readonly url: string;
  readonly token: string;
  readonly #program: Program;
  #fleet: Program | undefined;

  private constructor(folder: string, url: string, token: string, program: Program) {
    this.folder = folder;
    this.url = url;
    this.token = token;
    this.#program = program;
  }

  get serverPid(): number {
    return this.#program.pid;
  }

  /**
   * @param manifest RunnerDeployment in YAML; without one there is no fleet
   * @param settings of the fleet
   */
  static async start(manifest?: string, settings: Record<string, string> = {}): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'switchyard-bench-'));
    const data = join(folder, 'data');
    const server = Program.start(['server', '--port', '0', '--data', data], {
      cwd: folder,
      env: { SWITCHYARD_LOG: 'error' },
    });
    await server.printed('serves at');
    const url = /serves at (\S+);/.exec(server.output)?.[1] ?? '';
    const token = (await readFile(join(data, 'admin-token'), 'utf8')).trim();
    const installation = new Installation(folder, url, token, server);
    if (manifest) await installation.#startFleet(data, manifest, settings);
    return installation;
  }

  async #startFleet(data: string, manifest: string, settings: Record<string, string>): Promise<void> {
    const args = ['fleet', '--port', '0', '--data', data, '--github', this.url];
    const env = { ...settings, SWITCHYARD_TOKEN: this.token, SWITCHYARD_LOG: 'error' };
    this.#fleet = Program.start(args, { cwd: this.folder, env });
    await this.#fleet.printed('serves at');
    await writeFiles(this.folder, { 'runners.yaml': manifest });
    const apply = Program.start(['apply', '-f', 'runners.yaml'], { cwd: this.folder, env: { SWITCHYARD_DATA: data } });
    if ((await apply.exited()) !== 0) throw new Error(apply.output);
  }

  async close(): Promise<void> {
    await this.#fleet?.kill('SIGTERM');
    await this.#program.kill('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  async push(repository: string, files: Record<string, string>): Promise<void> {
    const folder = join(this.folder, repository.replace('/', '-'));
    await writeFiles(folder, files);
    await git(folder, 'init', '-q', '-b', 'main');
    await git(folder, 'add', '-A');
    await git(folder, 'commit', '-q', '-m', 'Bench');
    await git(folder, 'push', '-q', `http://x:${this.token}@${new URL(this.url).host}/${repository}.git`, 'main');
  }

  async rest<T>(method: string, path: string, json?: unknown): Promise<T> {
    const { status, body } = await call<T>(method, `${this.url}${path}`, { token: this.token, json });
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async dispatch(repository: string, file: string): Promise<void> {
    await this.rest('POST', `/api/v3/repos/${repository}/actions/workflows/${file}/dispatches`, { ref: 'main' });
  }

  async runs(): Promise<RunList['runs']> {
    return (await this.rest<RunList>('GET', '/switchyard/v1/runs?limit=100')).runs;
  }

  /** Waits until every run has ended. @throws when one did not end with success */
  async allEnded(timeoutMs = 120_000): Promise<RunList['runs']> {
    const runs = await waitFor(
      'the runs to end',
      async () => {
        const all = await this.runs();
        return all.length > 0 && all.every(({ status }) => status === 'completed') && all;
      },
      timeoutMs,
      LOOK_EVERY_MS,
    );
    const failed = runs.find(({ conclusion }) => conclusion !== 'success');
    if (failed) throw new Error(`run ${failed.id} ended with ${failed.conclusion}`);
    return runs;
  }

  run(id: number): Promise<RunDetail> {
    return this.rest('GET', `/switchyard/v1/runs/${id}`);
  }

  async idleRunners(count: number): Promise<void> {
    await waitFor(`${count} idle runners`, async () => {
      const { runners } = await this.rest<{ runners: { state: string }[] }>('GET', '/switchyard/v1/runners');
      return runners.filter(({ state }) => state === 'idle').length >= count;
    });
  }
}

export const deployment = (replicas: number, ephemeral: boolean): string => `
apiVersion: actions.summerwind.dev/v1alpha1
kind: RunnerDeployment
metadata: { name: bench }
spec: { replicas: ${replicas}, template: { spec: { enterprise: switchyard, ephemeral: ${ephemeral} } } }
`;
