/** Jobs end to end: a real server, real runners, and for those with containers a real Docker engine. */
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import type { Job, RunDetail } from '../../src/protocol/dashboard/index.ts';
import { dockerEngine, startDocker, type TestDocker } from '../support/docker.ts';
import { TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { processesWith, type RunnerProcess, type RunnerStart, startRunner } from './runner-process.ts';

export interface Outcome {
  conclusion: string | null;
  /** `name: conclusion` of all records. */
  steps: string[];
  /** Lines without their times. */
  log: string;
}

export const engine = dockerEngine();

/** How long one thing may take that is waited for. */
const SLOW_MS = 60_000;

/** For the tests of a file; everything is ended after each of them. */
export class ContainerJobs {
  #docker: TestDocker | undefined;
  #server: TestServer | undefined;
  readonly runners: RunnerProcess[] = [];

  constructor({ withDocker = true } = {}) {
    // An engine takes its time, more so where several tests share it.
    vi.setConfig({ testTimeout: SLOW_MS * 2, hookTimeout: SLOW_MS * 2 });
    beforeAll(async () => {
      if (engine && withDocker) this.#docker = await startDocker(engine);
    });
    beforeEach(async () => {
      if (engine || !withDocker) this.#server = await TestServer.start();
    });
    afterEach(async () => {
      for (const runner of this.runners.splice(0)) await runner.close();
      await this.#server?.close();
    });
    afterAll(() => this.#docker?.close());
  }

  get docker(): TestDocker {
    if (!this.#docker) throw new Error('there is no Docker');
    return this.#docker;
  }

  get server(): TestServer {
    if (!this.#server) throw new Error('there is no server');
    return this.#server;
  }

  /** Pushes a workflow with this one job, its keys indented by four. */
  async push(job: string, files: Record<string, string> = {}): Promise<void> {
    const workflow = `on: push\njobs:\n  job:\n    runs-on: self-hosted\n${job}`;
    await this.server.push({ '.github/workflows/ci.yml': workflow, ...files });
  }

  async startRunner(start: RunnerStart = {}): Promise<RunnerProcess> {
    const config = await this.server.jitConfig(`box-${this.runners.length}`, ['self-hosted']);
    const runner = startRunner(config, { ...start, env: { ...this.#docker?.env, ...start.env } });
    this.runners.push(runner);
    return runner;
  }

  async newestRun(): Promise<RunDetail | undefined> {
    const newest = (await this.server.runs()).find(({ repository }) => repository === 'me/app');
    return newest && this.server.run(newest.id);
  }

  /** Runs the job on a runner of its own to its end. */
  async run(job: string, files: Record<string, string> = {}): Promise<Outcome> {
    await this.push(job, files);
    await this.startRunner();
    return await this.outcome();
  }

  async outcome(): Promise<Outcome> {
    const run = await waitFor(
      'the run to end',
      async () => {
        const newest = await this.newestRun();
        return newest?.status === 'completed' && newest;
      },
      SLOW_MS,
    );
    const [job] = run.jobs;
    if (!job) throw new Error(JSON.stringify(run));
    return {
      conclusion: job.conclusion,
      steps: job.steps.map(({ name, conclusion }) => `${name}: ${conclusion}`),
      log: await this.log(job),
    };
  }

  async log(job: Job): Promise<string> {
    const path = `/switchyard/v1/jobs/${job.id}/log`;
    const { body } = await call<string>('GET', `${this.server.url}${path}`, { token: this.server.token });
    return String(body).replace(/^\d{4}-\S+Z /gm, '');
  }

  /** Pid of the only process whose command line, its words ended by NUL, has this; awaited. */
  async process(text: string): Promise<number> {
    return await waitFor(`a process with ${text}`, () => processesWith(text)[0], SLOW_MS);
  }

  /** Waits until the log of the only job has this. */
  async logged(text: string): Promise<string> {
    const look = async (): Promise<string | false> => {
      const [job] = (await this.newestRun())?.jobs ?? [];
      const log = job ? await this.log(job) : '';
      return log.includes(text) && log;
    };
    return await waitFor(`"${text}" in the log`, look, SLOW_MS);
  }

  /** Ids of containers of this test's runners, which share the engine with those of other tests. */
  containers(): string[] {
    return this.#marked('ps', '-a', '--no-trunc', '--format', '{{.ID}} {{.Label "switchyard.lease"}}');
  }

  /** Ids of containers, networks and images that this test's runners have made. */
  left(): string[] {
    const networks = this.#marked('network', 'ls', '--format', '{{.ID}} {{.Label "switchyard.lease"}}');
    const images = this.docker.docker('images', '-q', '--filter', 'label=switchyard.lease').split('\n').filter(Boolean);
    const built =
      images.length > 0 &&
      this.#marked('inspect', '-f', `{{.Id}} {{index .Config.Labels "switchyard.lease"}}`, ...images);
    return [...this.containers(), ...networks, ...(built || [])];
  }

  /** Of lines with an id and a lease the ids of those whose lease names one of the runners. */
  #marked(...list: string[]): string[] {
    const pids = this.runners.map(({ child }) => child.pid);
    return this.docker
      .docker(...list)
      .split('\n')
      .filter((line) => pids.some((pid) => line.includes(`/${pid}/`)))
      .map((line) => line.split(' ')[0] ?? '');
  }
}
