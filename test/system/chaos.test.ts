import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasErrorCode } from '../../src/common/errors.ts';
import type { RunDetail, RunList } from '../../src/protocol/dashboard/index.ts';
import { git, writeFiles } from '../support/git.ts';
import { type ProcessInfo, Program, processes } from '../support/programs.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const ROUNDS = 20;
const STEPS = 5;
const LEASE_SECONDS = 4;

/** Each step writes its number when it starts; 60 ms later the next one follows. */
const WORKFLOW = `
on:
  workflow_dispatch:
    inputs: { file: { required: true } }
jobs:
  count:
    runs-on: self-hosted
    timeout-minutes: 5
    steps:
${Array.from({ length: STEPS }, (_, index) => `      - run: echo ${index + 1} >> "\${{ inputs.file }}"; sleep 0.06`).join('\n')}
`;

const DEPLOYMENT = `
apiVersion: actions.summerwind.dev/v1alpha1
kind: RunnerDeployment
metadata: { name: chaos }
spec: { replicas: 2, template: { spec: { enterprise: switchyard } } }
`;

type Part = 'server' | 'listener' | 'worker';

/** Server and fleet as processes of their own, so that each can be killed like a machine's failing parts. */
class System {
  readonly folder: string;
  readonly port: number;
  #server: Program | undefined;
  #fleet: Program | undefined;
  #runs = 0;

  constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  async start(): Promise<void> {
    await this.startServer();
    const env = { SWITCHYARD_TOKEN: await this.#token() };
    const args = ['fleet', '--port', '0', '--data', this.#data, '--github', this.#url];
    this.#fleet = Program.start(args, { cwd: this.folder, env });
    await this.#fleet.printed('serves at');
    await writeFiles(this.folder, { 'runners.yaml': DEPLOYMENT, 'app/.github/workflows/count.yml': WORKFLOW });
    const apply = Program.start(['apply', '-f', 'runners.yaml'], {
      cwd: this.folder,
      env: { SWITCHYARD_DATA: this.#data },
    });
    expect(await apply.exited(), apply.output).toBe(0);
    const app = join(this.folder, 'app');
    await git(app, 'init', '-q', '-b', 'main');
    await git(app, 'add', '-A');
    await git(app, 'commit', '-q', '-m', 'Count');
    await git(app, 'push', '-q', `http://x:${await this.#token()}@127.0.0.1:${this.port}/me/app.git`, 'main');
  }

  async startServer(): Promise<void> {
    const env = { SWITCHYARD_JOB_LEASE_SECONDS: String(LEASE_SECONDS), SWITCHYARD_ACQUIRE_SECONDS: '3' };
    this.#server = Program.start(['server', '--port', String(this.port), '--data', this.#data], {
      cwd: this.folder,
      env,
    });
    await this.#server.printed('serves at');
  }

  async stop(): Promise<void> {
    await this.#fleet?.kill('SIGTERM');
    await this.#server?.kill('SIGTERM');
  }

  /** Starts a run whose steps write into a file of their own. */
  async dispatch(): Promise<{ id: number; file: string }> {
    const file = join(this.folder, `count-${++this.#runs}`);
    const before = (await this.rest<RunList>('GET', '/switchyard/v1/runs?limit=1')).runs[0]?.id ?? 0;
    await this.rest('POST', '/api/v3/repos/me/app/actions/workflows/count.yml/dispatches', {
      ref: 'main',
      inputs: { file },
    });
    const [newest] = (await this.rest<RunList>('GET', '/switchyard/v1/runs?limit=1')).runs;
    if (!newest || newest.id === before) throw new Error('the dispatch started no run');
    return { id: newest.id, file };
  }

  async rest<T>(method: string, path: string, json?: unknown): Promise<T> {
    const { status, body } = await call<T>(method, `${this.#url}${path}`, { token: await this.#token(), json });
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async kill(part: Part): Promise<void> {
    if (part === 'server') {
      await this.#server?.kill('SIGKILL');
      await this.startServer();
      return;
    }
    const all = await processes();
    const worker = all.find(
      ({ commandLine, parent }) => commandLine.includes('worker.cjs') && this.#isOurs(all, parent),
    );
    const pid = part === 'worker' ? worker?.pid : worker?.parent;
    if (pid !== undefined) killUnlessGone(pid);
  }

  /** Processes of the fleet's runners. */
  async runnerProcesses(): Promise<ProcessInfo[]> {
    const all = await processes();
    return all.filter(({ pid, commandLine }) => /(runner|worker)\.cjs/.test(commandLine) && this.#isOurs(all, pid));
  }

  #isOurs(all: ProcessInfo[], pid: number): boolean {
    for (let at = all.find((entry) => entry.pid === pid); at; at = all.find((entry) => entry.pid === at?.parent)) {
      if (at.pid === this.#fleet?.pid) return true;
    }
    return false;
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

const stepsWritten = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);

/** The process may have ended by itself since it was looked for. */
function killUnlessGone(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasErrorCode(error, 'ESRCH')) throw error;
  }
}

describe(`killing parts in the middle of a job, ${ROUNDS} times each`, () => {
  let system: System;

  beforeAll(async () => {
    system = new System(await mkdtemp(join(tmpdir(), 'switchyard-chaos-')), await freePort());
    await system.start();
  });

  afterAll(async () => {
    await system.stop();
    expect(await system.runnerProcesses()).toEqual([]);
    await rm(system.folder, { recursive: true, force: true });
  });

  /** Kills at a random moment between the dispatch and about the last step. */
  async function killInTheMiddle(part: Part): Promise<{ run: RunDetail; steps: string[] }> {
    const { id, file } = await system.dispatch();
    const after = Math.floor(Math.random() * STEPS);
    await waitFor('some steps', async () => (await stepsWritten(file)).length >= after || undefined);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    await system.kill(part);
    const run = await waitFor(`run ${id} to end after the ${part} was killed at step ${after}`, async () => {
      const detail = await system.rest<RunDetail>('GET', `/switchyard/v1/runs/${id}`).catch(() => undefined);
      return detail?.status === 'completed' && detail;
    });
    return { run, steps: await stepsWritten(file) };
  }

  const ALL = Array.from({ length: STEPS }, (_, index) => String(index + 1));

  it('server: every job ends green, each step having run exactly once', { timeout: 300_000 }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { run, steps } = await killInTheMiddle('server');
      expect({ conclusion: run.conclusion, steps }).toEqual({ conclusion: 'success', steps: ALL });
    }
  });

  for (const part of ['listener', 'worker'] as const) {
    it(`${part}: every job ends with a reason, no step runs twice or later`, { timeout: 300_000 }, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const { run, steps } = await killInTheMiddle(part);
        // Steps ran in order from the first, none twice.
        expect(steps).toEqual(ALL.slice(0, steps.length));
        const [job] = run.jobs;
        const texts = [job?.reason ?? '', ...(job?.annotations ?? []).map(({ message }) => message)].join(' ');
        if (run.conclusion === 'failure') expect(texts).toMatch(/worker|listener|runner/i);
        else expect({ conclusion: run.conclusion, steps }).toEqual({ conclusion: 'success', steps: ALL });
      }
    });
  }
});
