import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import type { Job, RunDetail } from '../../src/protocol/dashboard/index.ts';
import { TestServer, type TestServerOptions } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { OfficialRunner, officialRunner } from './official-runner.ts';

/** This runner takes seconds to start and to end; more on a machine that has other work. */
const SLOW_MS = 90_000;

/** A server for the tests of a file, and official runners that end with it. */
export class OfficialJobs {
  #server: TestServer | undefined;
  #count = 0;
  readonly #runners: OfficialRunner[] = [];

  constructor(options: TestServerOptions = {}) {
    vi.setConfig({ testTimeout: SLOW_MS * 2, hookTimeout: SLOW_MS * 2 });
    beforeAll(async () => {
      if (officialRunner) this.#server = await TestServer.start(options);
    });
    afterAll(async () => {
      for (const runner of this.#runners) await runner.close();
      await this.#server?.close();
    });
  }

  get server(): TestServer {
    if (!this.#server) throw new Error('there is no server');
    return this.#server;
  }

  /** Ends with the tests. */
  keep(runner: OfficialRunner): OfficialRunner {
    this.#runners.push(runner);
    return runner;
  }

  /** A folder for one more runner, which does not exist yet. */
  newFolder(): string {
    return join(this.server.folder, `official-${++this.#count}`);
  }

  /** One for one job. */
  async startRunner(labels: string[], env: Record<string, string> = {}): Promise<OfficialRunner> {
    const folder = this.newFolder();
    const config = await this.server.jitConfig(`official-${this.#count}`, labels);
    return this.keep(await OfficialRunner.start(folder, config, env));
  }

  /** Pushes an action to a repository of its own, as `v1`. */
  async pushAction(repository: string, files: Record<string, string>): Promise<void> {
    await this.server.push(files, { repository, ref: 'refs/tags/v1' });
  }

  /** @returns the id of the run that the workflow starts */
  async push(workflow: string, files: Record<string, string> = {}): Promise<number> {
    await this.server.push({ '.github/workflows/ci.yml': workflow, ...files });
    return (await this.server.runs())[0]?.id ?? 0;
  }

  ended(runId: number, withinMs = SLOW_MS): Promise<RunDetail> {
    return waitFor(
      `run ${runId} to end`,
      async () => {
        const run = await this.server.run(runId);
        return run.status === 'completed' && run;
      },
      withinMs,
    );
  }

  /** Runs one job, its keys indented by four, on a runner of its own. The log's lines are without their times. */
  async run(
    keys: string,
    env: Record<string, string> = {},
    files: Record<string, string> = {},
  ): Promise<{ run: RunDetail; job: Job; log: string }> {
    const label = `once-${this.#count + 1}`;
    const id = await this.push(`on: push\njobs:\n  job:\n    runs-on: ${label}\n${keys}`, files);
    await this.startRunner([label], env);
    const run = await this.ended(id);
    const [job] = run.jobs;
    if (!job) throw new Error(JSON.stringify(run));
    return { run, job, log: (await this.log(job)).replace(/^\d{4}-\S+Z /gm, '') };
  }

  /** By GitHub's REST. */
  async log({ id }: Pick<Job, 'id'>): Promise<string> {
    const answer = await fetch(`${this.server.url}/api/v3/repos/me/app/actions/jobs/${id}/logs`, {
      headers: { authorization: `Bearer ${this.server.token}` },
    });
    return answer.text();
  }
}

/** `name: conclusion`, without the first and the last, which every job has. */
export const stepsOf = (job: Job): string[] =>
  job.steps
    .filter(({ name }) => !/^(Set up|Complete) job$/.test(name))
    .map(({ name, conclusion }) => `${name}: ${conclusion}`);

/** What docs/official-runner.md says for the client of artifacts, which looks at this name and does not use it. */
export const RENAME_SERVER = `process.env.GITHUB_SERVER_URL='http://switchyard.localhost'`;
/** `NODE_OPTIONS` of a step. */
export const RENAMED_FOR_A_STEP = `--import=data:text/javascript,${RENAME_SERVER}`;
