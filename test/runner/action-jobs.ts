/** Jobs that use actions, end to end: a real server and a real runner. */
import { build } from 'esbuild';
import { afterEach, beforeEach } from 'vitest';
import { packageRoot } from '../../src/common/package.ts';
import type { Job, RunDetail } from '../../src/protocol/dashboard/index.ts';
import { TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';

export interface Outcome {
  run: RunDetail;
  job: Job;
  /** `name: conclusion` of the workflow's steps and their pre and post stages. */
  steps: string[];
  /** Lines without their times. */
  log: string;
}

/** For the tests of a file; everything is ended after each of them. */
export class ActionJobs {
  #server: TestServer | undefined;
  readonly #runners: RunnerProcess[] = [];

  constructor() {
    beforeEach(async () => {
      this.#server = await TestServer.start();
    });
    afterEach(async () => {
      for (const runner of this.#runners.splice(0)) await runner.close();
      await this.#server?.close();
    });
  }

  get server(): TestServer {
    if (!this.#server) throw new Error('there is no server');
    return this.#server;
  }

  /** Pushes an action to a repository of its own, as `v1`. */
  push(repository: string, files: Record<string, string>): Promise<string> {
    return this.server.push(files, { repository, ref: 'refs/tags/v1' });
  }

  /** Runs the steps, indented by six, to the end of their job. @param keys of the job, indented by four */
  async run(steps: string, files: Record<string, string> = {}, keys = ''): Promise<Outcome> {
    const workflow = `on: push\njobs:\n  job:\n    runs-on: self-hosted\n${keys}    steps:\n${steps}`;
    await this.server.push({ '.github/workflows/ci.yml': workflow, ...files });
    this.#runners.push(startRunner(await this.server.jitConfig(`box-${this.#runners.length}`, ['self-hosted'])));
    const run = await waitFor(
      'the run to end',
      async () => {
        const [newest] = await this.server.runs();
        return newest?.repository === 'me/app' && newest.status === 'completed' && (await this.server.run(newest.id));
      },
      50_000,
    );
    const [job] = run.jobs;
    if (!job) throw new Error(JSON.stringify(run));
    const inner = job.steps.filter(({ name }) => name !== 'Set up job' && name !== 'Complete job');
    return {
      run,
      job,
      steps: inner.map(({ name, conclusion }) => `${name}: ${conclusion}`),
      log: await this.#log(job),
    };
  }

  async #log({ id }: Job): Promise<string> {
    const { url, token } = this.server;
    const { body } = await call<string>('GET', `${url}/switchyard/v1/jobs/${id}/log`, { token });
    return String(body).replace(/^\d{4}-\S+Z /gm, '');
  }
}

/** One file of JavaScript out of a source and the published packages that it imports, as authors of actions make it. */
export async function bundle(source: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ stdin: { contents: source, resolveDir: packageRoot, loader: 'ts' }, bundle: true, write: false },
    ...{ platform: 'node', target: 'node20', format: 'cjs', legalComments: 'none', logLevel: 'error' },
    // Packages that are modules ask for it, which a bundle in the old form has not.
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  return outputFiles[0]?.text ?? '';
}
