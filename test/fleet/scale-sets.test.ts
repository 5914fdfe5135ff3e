import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import { writeFiles } from '../support/git.ts';
import { Program, processes } from '../support/programs.ts';
import { TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const JOBS_MS = 60_000;

const SET = (url: string): string => `
apiVersion: actions.github.com/v1alpha1
kind: AutoscalingRunnerSet
metadata: { name: arc }
spec:
  githubConfigUrl: ${url}/me/app
  maxRunners: 3
  template:
    spec:
      containers:
        - name: runner
          env: [{ name: FROM_THE_POD, value: 'yes' }]
`;

const workflow = (jobs: number, run: string): string =>
  `on: push\njobs:\n  work:\n    runs-on: arc\n    strategy: { matrix: { n: [${Array.from({ length: jobs }, (_, n) => n)}] } }\n    steps: [{ run: '${run}' }]\n`;

/** A server, and a fleet as a process of its own that can be killed like a machine. */
class System {
  readonly folder: string;
  readonly server: TestServer;
  #fleet: Program | undefined;

  constructor(folder: string, server: TestServer) {
    this.folder = folder;
    this.server = server;
  }

  async startFleet(): Promise<void> {
    const args = ['fleet', '--port', '0', '--data', this.#data, '--github', this.server.url];
    this.#fleet = Program.start(args, { cwd: this.folder, env: { SWITCHYARD_TOKEN: this.server.token } });
    await this.#fleet.printed('serves at', JOBS_MS);
  }

  async endFleet(signal: NodeJS.Signals): Promise<void> {
    await this.#fleet?.kill(signal);
  }

  async apply(text: string): Promise<string> {
    await writeFiles(this.folder, { 'arc.yaml': text });
    const apply = Program.start(['apply', '-f', 'arc.yaml'], {
      cwd: this.folder,
      env: { SWITCHYARD_DATA: this.#data },
    });
    expect(await apply.exited(), apply.output).toBe(0);
    return apply.output;
  }

  async get(plural: string): Promise<{ metadata: { name: string }; status?: Record<string, unknown> }[]> {
    const url = /serves at ([^\s;]+)/.exec(this.#fleet?.output ?? '')?.[1];
    const token = (await readFile(join(this.#data, 'fleet-token'), 'utf8')).trim();
    const path = `/apis/actions.github.com/v1alpha1/namespaces/default/${plural}`;
    const { body } = await call<{ items: [] }>('GET', `${url}${path}`, { token });
    return body.items;
  }

  /** Processes of runners in this fleet's folder. */
  async runnerProcesses(): Promise<number> {
    return (await processes()).filter(({ commandLine }) => commandLine.includes(`${this.#data}/`)).length;
  }

  async runners(): Promise<RunnerList['runners']> {
    return (await this.server.rest<RunnerList>('GET', '/switchyard/v1/runners')).runners;
  }

  async conclusion(): Promise<string | null | undefined> {
    return (await this.server.runs())[0]?.conclusion;
  }

  /** Nothing is left of any runner: resources, registrations, processes. */
  async isAtZero(): Promise<boolean> {
    const [left, registered] = await Promise.all([this.get('ephemeralrunners'), this.runners()]);
    return left.length === 0 && registered.length === 0;
  }

  get #data(): string {
    return join(this.folder, 'data');
  }
}

describe('a scale set of real runners', { timeout: 180_000 }, () => {
  let system: System;
  beforeAll(async () => {
    system = new System(await mkdtemp(join(tmpdir(), 'switchyard-arc-')), await TestServer.start());
    // Whoever registers runners for a repository must find it.
    await system.server.push({ 'README.md': 'An app' });
    await system.startFleet();
    await system.apply(SET(system.server.url));
    await waitFor(
      'the listener',
      async () => (await system.get('autoscalingrunnersets'))[0]?.status?.phase === 'Running',
    );
  }, 120_000);
  afterAll(async () => {
    await system?.endFleet('SIGINT');
    await system?.server.close();
    await rm(system.folder, { recursive: true, force: true });
  });

  const green = (what: string) => waitFor(what, async () => (await system.conclusion()) === 'success', JOBS_MS);
  const zero = () => waitFor('nothing of the runners to be left', () => system.isAtZero(), JOBS_MS);

  it('starts from zero for a job, runs it with the environment of its pod, and goes back to zero', async () => {
    expect(await system.runners()).toEqual([]);
    await system.server.pushWorkflow(workflow(1, 'test "$FROM_THE_POD" = yes'));
    await green('the job');
    await zero();
    expect(await system.runnerProcesses()).toBe(0);
  });

  it('runs a burst of six jobs with three runners at most', async () => {
    let most = 0;
    await system.server.pushWorkflow(workflow(6, 'sleep 0.2'));
    await waitFor(
      'six jobs',
      async () => {
        most = Math.max(most, (await system.runners()).length);
        return (await system.conclusion()) === 'success';
      },
      JOBS_MS,
    );
    expect(most).toBeLessThanOrEqual(3);
    await zero();
    const [set] = await system.get('autoscalingrunnersets');
    expect(set?.status).toMatchObject({ currentRunners: 0, phase: 'Running' });
  });

  it('goes on where it was after its controller was killed with jobs on the way, and leaves nothing behind', async () => {
    await system.server.pushWorkflow(workflow(4, 'sleep 1'));
    await waitFor('jobs to run', async () => (await system.runners()).some(({ state }) => state === 'busy'), JOBS_MS);
    await system.endFleet('SIGKILL');
    await system.startFleet();
    await green('four jobs');
    await zero();
    expect(await system.runnerProcesses()).toBe(0);
    const detail = await system.server.run((await system.server.runs())[0]?.id ?? 0);
    expect(detail.jobs.map(({ conclusion }) => conclusion)).toEqual(Array(4).fill('success'));
  });
});
